// What the C++ library brings: threads, exceptions across them, streams, files, locales. The same output on the host and in a VM.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <iomanip>
#include <iostream>
#include <locale>
#include <map>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace files = std::filesystem;

static void threads()
{
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::thread> all;
    std::atomic<long> sum{0};
    int turn = 0;

    for (int i = 0; i < 8; i++)
        all.emplace_back([&, i] {
            thread_local long mine = 0;
            for (int round = 0; round < 50; round++)
                mine += round * i;
            sum += mine;
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return turn == i; });
            turn++;
            changed.notify_all();
        });
    for (auto &thread : all)
        thread.join();
    std::cout << "threads: " << sum << ", turn " << turn << '\n';

    auto failing = std::async(std::launch::async, []() -> int { throw std::runtime_error("thrown in a thread"); });
    try {
        failing.get();
    } catch (const std::exception &error) {
        std::cout << "caught: " << error.what() << '\n';
    }
    std::promise<std::string> promise;
    std::thread keeper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        promise.set_value("kept");
    });
    std::cout << "promise: " << promise.get_future().get() << '\n';
    keeper.join();
}

static int deep(int depth)
{
    std::string guard(depth, 'x');
    if (depth == 0)
        throw std::out_of_range("from the depth");
    return deep(depth - 1) + static_cast<int>(guard.size());
}

static void exceptions()
{
    for (int round = 0; round < 3; round++)
        try {
            deep(50);
        } catch (const std::logic_error &error) {
            std::cout << "unwound: " << error.what() << '\n';
        }
    try {
        std::vector<int>{}.at(3);
    } catch (const std::exception &) {
        std::cout << "no such element\n";
    }
}

static void streams()
{
    std::ostringstream text;

    text << std::hex << std::showbase << 255 << ' ' << std::dec << std::setw(8) << std::setfill('*') << 42 << ' ' << std::setprecision(12) << 3.14159265358979;
    std::cout << text.str() << '\n';
    std::cout.imbue(std::locale::classic());
    std::cout << std::locale().name() << ' ' << std::use_facet<std::ctype<char>>(std::locale()).toupper('q') << '\n';
}

static void folders()
{
    auto folder = files::temp_directory_path() / ("library-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));

    files::create_directories(folder / "one" / "two");
    for (int i = 0; i < 5; i++)
        std::ofstream(folder / "one" / ("file" + std::to_string(i))) << std::string(i * 1000, 'a' + i);
    files::rename(folder / "one" / "file4", folder / "one" / "two" / "moved");
    files::create_symlink("two/moved", folder / "one" / "link");
    std::map<std::string, std::uintmax_t> found;
    for (const auto &entry : files::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            found[files::relative(entry.path(), folder).string()] = entry.file_size();
    for (const auto &[name, size] : found)
        std::cout << name << ' ' << size << '\n';
    std::ifstream link(folder / "one" / "link");
    std::cout << "first of the link: " << static_cast<char>(link.get()) << '\n' << "removed: " << files::remove_all(folder) << '\n';
}

int main()
{
    threads();
    exceptions();
    streams();
    folders();
}
