// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu;

/// <summary>What the machine could do at most, measured: plain reads of memory and plain F32 multiply-adds, on threads like the kernels' own.</summary>
internal sealed unsafe class Ceilings : IDisposable
{
    private const int LeastPasses = 5;

    // Long enough for the system to move two threads that it began on one processor apart.
    private static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(100);

    private readonly WorkerPool _pool;

    public Ceilings(int threadCount) => _pool = new WorkerPool(threadCount);

    /// <summary>The best of several passes over a fresh buffer, in bytes a second. Take one well above the last cache.</summary>
    /// <exception cref="InsufficientMemoryException">The buffer could not be had.</exception>
    public double ReadRate(int threadCount, long byteCount)
    {
        using HostBuffer buffer = HostBuffer.Allocate(byteCount, "measuring reads");

        // Pages that were never written are all the same page of zeros, which stays in a cache.
        NativeMemory.Fill((void*)buffer.DangerousGetHandle(), (nuint)byteCount, 1);
        return Best(new ReadJob(buffer.DangerousGetHandle(), byteCount), threadCount, byteCount);
    }

    /// <summary>The best of several passes, in floating-point operations a second; a multiply-add counts two.</summary>
    public double MultiplyAddRate(int threadCount) =>
        Best(new MultiplyAddJob(), threadCount, MultiplyAddJob.FlopsPerShare * threadCount);

    /// <summary>Dot products of bytes: the best of several passes, multiply and add counted one each; null where machine code cannot use them.</summary>
    public double? Int8DotRate(int threadCount) => DotRate(DotInstruction.Int8, threadCount);

    /// <summary>As <see cref="Int8DotRate"/>, of BF16.</summary>
    public double? BFloat16DotRate(int threadCount) => DotRate(DotInstruction.BFloat16, threadCount);

    public void Dispose() => _pool.Dispose();

    private double? DotRate(DotInstruction instruction, int threadCount)
    {
        using DotPeak? peak = CpuKernels.WhyNoMachineCode is null ? DotPeak.TryCreate(instruction) : null;
        return peak is null ? null : Best(new DotJob(peak), threadCount, peak.OperationsPerRun * threadCount);
    }

    private double Best(Job job, int threadCount, double work)
    {
        double best = 0;
        long first = Stopwatch.GetTimestamp();
        for (int pass = 0; pass < LeastPasses || Stopwatch.GetElapsedTime(first) < LeastTime; pass++)
        {
            long start = Stopwatch.GetTimestamp();
            _pool.Run(job, threadCount);
            best = Math.Max(best, work / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    /// <summary>Reads a buffer front to back, each share its own part.</summary>
    public sealed class ReadJob(nint address, long byteCount) : Job
    {
        private float _sink;

        public override void Run(int share, int shareCount)
        {
            long bytes = byteCount / shareCount / 256 * 256;
            _sink += Read((float*)(address + (nint)(bytes * share)), bytes / sizeof(float));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float Read(float* source, long count)
        {
            Vector256<float> a = default, b = default, c = default, d = default;
            for (float* end = source + count; source < end; source += 32)
            {
                a += Vector256.Load(source);
                b += Vector256.Load(source + 8);
                c += Vector256.Load(source + 16);
                d += Vector256.Load(source + 24);
            }

            return Vector256.Sum(a + b + (c + d));
        }
    }

    /// <summary>Chains of dot products in registers.</summary>
    public sealed class DotJob(DotPeak peak) : Job
    {
        public override void Run(int share, int shareCount) => peak.Run();
    }

    /// <summary>Ten independent chains of multiply-adds in registers.</summary>
    public sealed class MultiplyAddJob : Job
    {
        public const int Turns = 2_000_000;
        private float _sink;

        /// <summary>Multiply-adds count two.</summary>
        public static double FlopsPerShare => 2.0 * 10 * Turns * (Vector512.IsHardwareAccelerated ? 16 : 8);

        public override void Run(int share, int shareCount)
            => _sink += Vector512.IsHardwareAccelerated ? Chains<Vector512Ops, Vector512<float>>() : Chains<Vector256Ops, Vector256<float>>();

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float Chains<TOps, TV>()
            where TOps : struct, IVectorOps<TV>
            where TV : struct
        {
            TV x = TOps.Broadcast(0.999f), y = TOps.Broadcast(0.001f);
            TV a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
            for (int turn = 0; turn < Turns; turn++)
            {
                a = TOps.MultiplyAdd(a, x, y);
                b = TOps.MultiplyAdd(b, x, y);
                c = TOps.MultiplyAdd(c, x, y);
                d = TOps.MultiplyAdd(d, x, y);
                e = TOps.MultiplyAdd(e, x, y);
                f = TOps.MultiplyAdd(f, x, y);
                g = TOps.MultiplyAdd(g, x, y);
                h = TOps.MultiplyAdd(h, x, y);
                i = TOps.MultiplyAdd(i, x, y);
                j = TOps.MultiplyAdd(j, x, y);
            }

            float* lanes = stackalloc float[16];
            TOps.Store(lanes, TOps.Add(TOps.Add(TOps.Add(a, b), TOps.Add(c, d)), TOps.Add(TOps.Add(e, f), TOps.Add(TOps.Add(g, h), TOps.Add(i, j)))));
            return lanes[0];
        }
    }
}
