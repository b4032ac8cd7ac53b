// A C function on input that nobody trusts: each call finds a guest in which nothing has happened yet.
//
//     dotnet run --project samples/FreshGuest -- '2*3' 'x=5' 'x'
//
// The guest, guest/formulas.c, is compiled with the project. Its reset takes microseconds, and one that crashes is replaced.
using KvmActors;

string[] formulas = args is [_, ..] ? args : ["6*7", "x=5", "x", "1/0", "2^9999999999999", new string('(', 1_000_000), "6*", "6*7"];

await using var host = KvmHost.Create();
await using var template = await host.LoadAsync(new GuestProgram(Path.Combine(AppContext.BaseDirectory, "guests", "formulas")));
var guest = await template.StartAsync();
try
{
    foreach (var formula in formulas)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        var shown = formula.Length <= 20 ? formula : $"{formula[..10]}… ({formula.Length} characters)";
        try
        {
            Console.WriteLine($"{shown} = {await guest.CallOnceAsync<long>("evaluate", formula, soon.Token)}");
        }
        catch (GuestFunctionException e)
        {
            Console.WriteLine($"{shown}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"{shown}: takes too long");
        }
        catch (GuestEndedException e)
        {
            Console.WriteLine($"{shown}: {e.Message}");
            await guest.DisposeAsync();
            guest = await template.StartAsync();
        }
    }
}
finally
{
    await guest.DisposeAsync();
}
