// SPDX-License-Identifier: MIT
namespace Phi4.Stranger;

/// <summary>Counts what held and what did not, and says it as it happens.</summary>
internal sealed class Checks
{
    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public void Run(string what, Action check)
    {
        try
        {
            check();
            Passed++;
            Console.WriteLine($"  ok    {what}");
        }
#pragma warning disable CA1031 // Whatever goes wrong is this check's failure; the others still run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed++;
            Console.WriteLine($"  FAIL  {what}: {e.Message}");
        }
    }

    public static void Equal<T>(T expected, T found)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
            throw new InvalidOperationException($"expected `{expected}`, found `{found}`");
    }

    public static void Contains(string expected, string found)
    {
        if (!found.Contains(expected, StringComparison.Ordinal))
            throw new InvalidOperationException($"expected something with `{expected}`, found `{found}`");
    }
}
