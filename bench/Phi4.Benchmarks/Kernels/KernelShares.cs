// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Phi4.Kernels;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// Each kernel next to its ceiling, turn and turn about in one process, so that a busy neighbour hits both: the best of several turns and the share.
/// <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- shares [threads]</c>.
/// </summary>
internal static class KernelShares
{
    private const int Turns = 7;

    /// <summary>The best of several turns of both, a turn of one after a turn of the other.</summary>
    public static void Report(string name, Action kernel, double kernelWork, Action ceiling, double ceilingWork, string unit, int turns = Turns)
    {
        double best = 0, most = 0;
        for (int turn = 0; turn < turns; turn++)
        {
            most = Math.Max(most, ceilingWork / Seconds(ceiling));
            best = Math.Max(best, kernelWork / Seconds(kernel));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-38} {best,8:F1} {unit,-8} ceiling {most,8:F1}  share {best / most,6:P0}"));
    }

    private static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public static unsafe void FillFloats(TensorView view, Random random)
    {
        for (long i = 0; i < view.Count; i++)
        {
            ((float*)view.Address)[i] = (random.NextSingle() * 2) - 1;
        }
    }
}
