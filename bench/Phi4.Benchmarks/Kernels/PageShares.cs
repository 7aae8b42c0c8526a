// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// What pages cost: a mapped file read for the first time by computing threads, or read in before; its copy in memory with huge pages; and plain reads of both,
/// turn and turn about. The file is as warm as it is found. <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- pages FILE [threads]</c>.
/// </summary>
internal static unsafe class PageShares
{
    private const long ChunkBytes = 16 << 20;
    private const int Turns = 5;

    public static void Run(string path, int threadCount)
    {
        using var pool = new WorkerPool(threadCount);
        using MappedFile untouched = MappedFile.Open(path, 1), readIn = MappedFile.Open(path, 1);
        long bytes = untouched.Length;
        var first = new Ceilings.ReadJob(untouched.Address(0, bytes), bytes);
        Say("first reading by computing threads", bytes, () => pool.Run(first, threadCount));
        readIn.PreferHugePages(0, bytes);
        Say("read in, chunk by chunk", bytes, () => ForChunks(bytes, threadCount, readIn.ReadIn));
        var mapped = new Ceilings.ReadJob(readIn.Address(0, bytes), bytes);
        Say("first reading after that", bytes, () => pool.Run(mapped, threadCount));

        using HostBuffer copy = HostBuffer.Allocate(bytes, "copy");
        byte* source = (byte*)readIn.Address(0, bytes);
        byte* destination = (byte*)copy.DangerousGetHandle();
        void Copy(long start, long count) => Buffer.MemoryCopy(source + start, destination + start, count, count);
        Say("copied into fresh memory", bytes, () => ForChunks(bytes, threadCount, Copy));
        Say("copied again", bytes, () => ForChunks(bytes, threadCount, Copy));
        var copied = new Ceilings.ReadJob(copy.DangerousGetHandle(), bytes);
        for (int turn = 0; turn < Turns; turn++)
        {
            Say("reading the mapping", bytes, () => pool.Run(mapped, threadCount));
            Say("reading the copy", bytes, () => pool.Run(copied, threadCount));
        }
    }

    private static void ForChunks(long bytes, int threadCount, Action<long, long> work) => Parallel.For(
        0, (bytes + ChunkBytes - 1) / ChunkBytes, new ParallelOptions { MaxDegreeOfParallelism = threadCount },
        i => work(i * ChunkBytes, Math.Min(ChunkBytes, bytes - (i * ChunkBytes))));

    private static void Say(string what, long bytes, Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-36} {seconds * 1e3,8:F0} ms {bytes / seconds / 1e9,7:F1} GB/s"));
    }
}
