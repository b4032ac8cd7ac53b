using System.Diagnostics;
using System.Text;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>Programs in other languages, with their own libraries, in the root of this machine: the same as on the host.</summary>
[Trait("Needs", "Compiler")]
public sealed class LanguageTests
{
    private const string Imports = """
        import argparse, base64, collections, csv, datetime, decimal, functools, hashlib, heapq, io, itertools, json, math, os, random, re
        import shutil, statistics, string, struct, sys, tempfile, textwrap, threading, time, unicodedata, uuid, xml.etree.ElementTree, zlib
        print(len(sys.modules) > 60, hashlib.sha256(b'x').hexdigest(), decimal.Decimal(1) / 7, zlib.crc32(b'abc'))
        print(json.dumps(dict(collections.Counter('banana'))), statistics.median([3, 1, 2]), textwrap.fill('a b c d e f', 5))
        """;

    private const string Threads = """
        import queue, threading
        numbers, squares = queue.Queue(), []
        lock = threading.Lock()
        def work():
            while (number := numbers.get()) is not None:
                with lock:
                    squares.append(number * number)
        threads = [threading.Thread(target=work, name=f'worker-{i}') for i in range(6)]
        for thread in threads: thread.start()
        for number in range(500): numbers.put(number)
        for _ in threads: numbers.put(None)
        for thread in threads: thread.join()
        done = threading.Event()
        threading.Timer(0.01, done.set).start()
        print(sorted(squares) == [n * n for n in range(500)], done.wait(10), threading.active_count())
        """;

    private const string Database = """
        import os, sqlite3, tempfile
        folder = tempfile.mkdtemp()
        one = sqlite3.connect(os.path.join(folder, 'data.db'))
        print(one.execute('pragma journal_mode=wal').fetchone())
        one.execute('create table squares(n integer primary key, square)')
        one.executemany('insert into squares values(?, ?)', ((n, n * n) for n in range(1000)))
        one.commit()
        two = sqlite3.connect(os.path.join(folder, 'data.db'))
        print(two.execute('select sum(square), max(n) from squares').fetchone(), sorted(os.listdir(folder)))
        one.execute('delete from squares where n % 2')
        one.commit()
        print(two.execute('select count(*) from squares').fetchone(), two.execute('pragma integrity_check').fetchone())
        """;

    [PythonTheory]
    [InlineData(Imports)]
    [InlineData(Threads)]
    [InlineData(Database)]
    public async Task Run_Python_IsAsOnTheHost(string program) => await CompareAsync(PythonTheoryAttribute.Python, "-c", program);

    [CppFact]
    public async Task Run_ProgramInCpp_IsAsOnTheHost()
    {
        using var folder = new TempFolder();
        var source = Path.Combine(AppContext.BaseDirectory, "Programs", "library.cpp");
        using (var compiler = Process.Start("g++", ["-O2", "-std=c++17", "-pthread", source, "-o", folder["library"]]))
        {
            await compiler.WaitForExitAsync();
            Assert.Equal(0, compiler.ExitCode);
        }

        await CompareAsync(folder["library"]);
    }

    private static async Task CompareAsync(string program, params string[] arguments)
    {
        var host = await Capture.OnHostAsync(program, arguments);
        var vm = await Capture.InVmAsync(["--root", "/", program, .. arguments]);

        Assert.Equal((host.ExitCode, Encoding.UTF8.GetString(host.Output), host.Error), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
    }
}

/// <summary>A test on each backend that needs the machine's Python, which is installed where that can be; skipped, and saying so, otherwise.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonTheoryAttribute : VmTheoryAttribute
{
    // The distribution's: others on PATH may be scripts that start another one.
    public const string Python = "/usr/bin/python3";

    public PythonTheoryAttribute() => Skip = AptPackage.FindProblem(Python, "python3");
}

/// <summary>The same for g++.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CppFactAttribute : VmFactAttribute
{
    public CppFactAttribute() => Skip = AptPackage.FindProblem("g++", "g++");
}
