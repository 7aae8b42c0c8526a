// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling;

/// <summary>
/// Philox4x32-10: random numbers as a pure function of a key and a counter (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011). Without a stream there is nothing to share, so what one request draws cannot depend on another.
/// </summary>
internal static class Philox4x32
{
    private const int RoundCount = 10;

    // Multipliers and key increments of the paper; the increments are the golden ratio and sqrt(3) - 1.
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Increment0 = 0x9E3779B9;
    private const uint Increment1 = 0xBB67AE85;

    /// <summary>Four random words for one counter under one key.</summary>
    public static (uint X0, uint X1, uint X2, uint X3) Block((uint X0, uint X1, uint X2, uint X3) counter, (uint K0, uint K1) key)
    {
        var (x0, x1, x2, x3) = counter;
        var (k0, k1) = key;
        for (var round = 0; round < RoundCount; round++)
        {
            var product0 = (ulong)Multiplier0 * x0;
            var product1 = (ulong)Multiplier1 * x2;
            (x0, x1, x2, x3) = ((uint)(product1 >> 32) ^ x1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ x3 ^ k1, (uint)product0);
            k0 += Increment0;
            k1 += Increment1;
        }

        return (x0, x1, x2, x3);
    }

    /// <summary>The uniform number in [0, 1), 53 bits, that belongs to this position of the answer with this seed.</summary>
    public static double Uniform(long seed, int position)
    {
        var (x0, x1, _, _) = Block(((uint)position, 0, 0, 0), ((uint)seed, (uint)((ulong)seed >> 32)));
        return ((((ulong)x1 << 32) | x0) >> 11) * (1.0 / (1UL << 53));
    }
}
