// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Measuring;

/// <summary>The machine's ceilings as this process has measured them, the best of all readings: one before every case.</summary>
internal static class CeilingTable
{
    // Below the first, a loop over a buffer measures the loop; above the second every buffer is memory.
    private const long LeastBytes = 1 << 16;
    private const long MostBytes = 1 << 28;

    private static readonly Dictionary<(int Threads, long Bytes), double> Reads = [];
    private static readonly Dictionary<(int Threads, Product Product), double> Products = [];

    /// <summary>Measures what <see cref="Seconds"/> will ask for.</summary>
    public static void Measure(int threads, Work work)
    {
        using var ceilings = new Ceilings(threads);
        long bytes = BufferOf(work);
        Note(Reads, (threads, bytes), ceilings.ReadRate(threads, bytes));
        if (work.Operations > 0)
        {
            double? rate = work.Products switch
            {
                Product.Int8 => ceilings.Int8DotRate(threads),
                Product.BFloat16 => ceilings.BFloat16DotRate(threads),
                _ => null,
            };
            Note(Products, (threads, work.Products), rate ?? ceilings.MultiplyAddRate(threads));
        }
    }

    /// <summary>What reading alone and multiplying alone would take: reading as many bytes over and over, so out of a cache if they fit one.</summary>
    public static (double Reading, double Multiplying) Seconds(int threads, Work work) => (
        Reads.TryGetValue((threads, BufferOf(work)), out double read) ? work.Bytes / read : double.NaN,
        work.Operations == 0 ? 0 : Products.TryGetValue((threads, work.Products), out double rate) ? work.Operations / rate : double.NaN);

    private static long BufferOf(Work work) => Math.Clamp((long)work.Bytes, LeastBytes, MostBytes);

    private static void Note<TKey>(Dictionary<TKey, double> table, TKey key, double rate)
        where TKey : notnull => table[key] = Math.Max(rate, table.GetValueOrDefault(key));
}
