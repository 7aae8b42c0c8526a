// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// The linears of a decode step of a 1.3B-shaped model (24 layers of hidden 2048, mlp 8192; bf16), alone and beside a process that spins on the first
/// processor. Turn and turn about: steps a second of each and their ratio.
/// <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- neighbour [threads]</c>.
/// </summary>
internal static class Neighbour
{
    private const int Layers = 24;
    private const int Hidden = 2048;
    private const int Mlp = 8192;
    private const int Turns = 3;
    private static readonly TimeSpan TurnTime = TimeSpan.FromSeconds(3);

    public static void Run(int threadCount)
    {
        using IKernels kernels = CpuKernels.Create(new CpuOptions { ThreadCount = threadCount });
        using var model = new DecodeStep(kernels, Layers, Hidden, Mlp);
        model.Run();
        double alone = 0, beside = 0;
        for (int turn = 0; turn < Turns; turn++)
        {
            double quiet = StepsPerSecond(model);
            double busy;
            using (Process spinner = Spin())
            {
                busy = StepsPerSecond(model);
                spinner.Kill();
                spinner.WaitForExit();
            }

            alone += quiet / Turns;
            beside += busy / Turns;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"alone {quiet,6:F2} steps/s   beside a spinner {busy,6:F2}   ratio {busy / quiet:F2}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"mean  {alone,6:F2} steps/s ({alone * model.WeightBytes / 1e9:F1} GB/s)   {beside,6:F2}   ratio {beside / alone:F2}"));
    }

    private static double StepsPerSecond(DecodeStep model)
    {
        long start = Stopwatch.GetTimestamp();
        int steps = 0;
        do
        {
            model.Run();
            steps++;
        }
        while (Stopwatch.GetElapsedTime(start) < TurnTime);
        return steps / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Process Spin()
        => Process.Start("taskset", ["-c", "0", "sh", "-c", "while :; do :; done"]);
}
