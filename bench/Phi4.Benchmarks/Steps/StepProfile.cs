// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Steps;

/// <summary>
/// Where the time of a step goes: each operation's calls, time and share of the step, and its share of the machine's ceilings for reading and multiplying,
/// measured before in the same process. The step is timed with counting and without.
/// <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- step MODEL [weights=int4] [tokens=1] [sequences=1] [depth=128] ...</c>.
/// </summary>
internal static class StepProfile
{
    public static void Run(StepOptions options)
    {
        ModelConfig config = ModelConfigReader.Read(Path.Combine(options.Folder, ModelConfigReader.FileName));
        long loading = Stopwatch.GetTimestamp();
        var load = new WeightLoadOptions { Plan = WeightPlan.Of(options.Weights, null), ReadsEverything = true };
        using ModelWeights weights = WeightLoader.Load(config, options.Folder, load);
        Say($"loaded in {Stopwatch.GetElapsedTime(loading).TotalSeconds:F2} s, {weights.BytesPerToken / 1e9:F3} GB a token");
        MachineCeilings ceilings = MachineCeilings.Measure(options.Threads);
        Say($"ceilings: reading {ceilings.ReadBytesPerSecond / 1e9:F1} GB/s, multiply-add {ceilings.FlopsPerSecond / 1e9:F0} GFLOP/s, {options.Threads} thread(s)");

        using var kernels = new ProfilingKernels(CpuKernels.Create(new CpuOptions { ThreadCount = options.Threads }));
        using var counted = new StepRig(config, weights, kernels, options);
        Timed(counted, null, options.Seconds / 4);
        kernels.Clear();
        Timing profile = Timed(counted, start => kernels.Count("choice of a token", start, 0, 0), options.Seconds);

        using IKernels plain = CpuKernels.Create(new CpuOptions { ThreadCount = options.Threads });
        using var uncounted = new StepRig(config, weights, plain, options);
        Timed(uncounted, null, options.Seconds / 4);
        Timing alone = Timed(uncounted, null, options.Seconds);

        Print(kernels.Costs, profile, ceilings);
        int tokens = options.Tokens * options.Sequences;
        Say($"step: {alone.Mean * 1e3:F2} ms without counting (best {alone.Best * 1e3:F2}), {profile.Mean * 1e3:F2} ms with; {tokens / alone.Mean:F2} tokens/s");
        Say($"whole step: {weights.BytesPerToken / alone.Mean / 1e9:F1} GB/s of weights, {weights.BytesPerToken / alone.Mean / ceilings.ReadBytesPerSecond:P0} of reading");
    }

    private static Timing Timed(StepRig rig, Action<long>? onSampled, double seconds)
    {
        int steps = 0;
        double best = double.MaxValue;
        long first = Stopwatch.GetTimestamp();
        do
        {
            long start = Stopwatch.GetTimestamp();
            rig.Run(onSampled);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            steps++;
        }
        while (Stopwatch.GetElapsedTime(first).TotalSeconds < seconds);
        return new Timing(steps, Stopwatch.GetElapsedTime(first).TotalSeconds / steps, best);
    }

    private static void Print(IReadOnlyDictionary<string, OperationCost> costs, Timing timing, MachineCeilings ceilings)
    {
        Say($"{"operation",-36} {"calls",6} {"us/call",9} {"ms/step",8} {"step",6} {"GB/s",7} {"of read",8} {"GFLOP/s",8} {"of fma",7}");
        double sum = 0;
        foreach ((string operation, OperationCost cost) in costs.OrderByDescending(item => item.Value.Ticks))
        {
            double seconds = cost.Seconds / timing.Steps;
            sum += seconds;
            double read = cost.Bytes / cost.Seconds, flops = cost.Flops / cost.Seconds;
            Say($"{operation,-36} {(double)cost.Calls / timing.Steps,6:F0} {cost.Seconds / cost.Calls * 1e6,9:F1} {seconds * 1e3,8:F3} {seconds / timing.Mean,6:P1} {read / 1e9,7:F1} {read / ceilings.ReadBytesPerSecond,8:P0} {flops / 1e9,8:F0} {flops / ceilings.FlopsPerSecond,7:P0}");
        }

        Say($"{"between the operations",-36} {"",6} {"",9} {(timing.Mean - sum) * 1e3,8:F3} {1 - (sum / timing.Mean),6:P1}");
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private readonly record struct Timing(int Steps, double Mean, double Best);
}
