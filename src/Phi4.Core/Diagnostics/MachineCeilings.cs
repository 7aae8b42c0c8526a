// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;

namespace Phi4.Core.Diagnostics;

/// <summary>
/// What this machine can do at most just now. A rate beside its ceiling means something on any machine, and on one that others share too, as long as the
/// two are measured right after one another.
/// </summary>
/// <param name="ThreadCount">Threads that took part.</param>
/// <param name="ReadBytesPerSecond">Reading memory front to back.</param>
/// <param name="FlopsPerSecond">F32 multiply-adds in registers, counted as two operations.</param>
/// <param name="ScalingThreads">Threads by which <paramref name="Scaling"/> was measured: at least two, unless there is one processor.</param>
/// <param name="Scaling">Multiply-adds of that many threads against those of one: the number of threads on an undisturbed machine of whole cores.</param>
public sealed record MachineCeilings(
    int ThreadCount, double ReadBytesPerSecond, double FlopsPerSecond, int ScalingThreads, double Scaling)
{
    // Above every last-level cache that is shared out to one program, small against a model.
    private const long ReadBytes = 1L << 30;

    /// <summary>Dot products of bytes in registers, multiply and add counted one each; null where machine code does not use them.</summary>
    public double? Int8OperationsPerSecond { get; init; }

    /// <summary>Dot products of BF16 in registers, multiply and add counted one each; null where machine code cannot use them.</summary>
    public double? BFloat16FlopsPerSecond { get; init; }

    /// <summary>Measures, for the better part of a second.</summary>
    /// <param name="threadCount">1 or more; more than there are processors makes the figures worse, not better.</param>
    /// <param name="readBytes">Size of the buffer that is read; null for 1 GiB, or a quarter of free memory if that is less.</param>
    /// <exception cref="InsufficientMemoryException">The buffer could not be had.</exception>
    public static MachineCeilings Measure(int threadCount, long? readBytes = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);
        if (readBytes is { } asked)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(asked, 1 << 16, nameof(readBytes));
        }

        int scaling = Math.Min(Math.Max(threadCount, 2), Environment.ProcessorCount);
        using var ceilings = new Ceilings(Math.Max(threadCount, scaling));
        double one = ceilings.MultiplyAddRate(1);
        double all = ceilings.MultiplyAddRate(threadCount);
        double many = scaling == threadCount ? all : ceilings.MultiplyAddRate(scaling);
        long bytes = readBytes ?? Math.Max(Math.Min(ReadBytes, SystemMemory.AvailableBytes() / 4), 1 << 16);
        return new MachineCeilings(threadCount, ceilings.ReadRate(threadCount, bytes), all, scaling, scaling == 1 ? 1 : many / one)
        {
            Int8OperationsPerSecond = ceilings.Int8DotRate(threadCount),
            BFloat16FlopsPerSecond = ceilings.BFloat16DotRate(threadCount),
        };
    }
}
