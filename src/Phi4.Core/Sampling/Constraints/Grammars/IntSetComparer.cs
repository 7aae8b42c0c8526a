// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>Lists of numbers by what they hold.</summary>
internal sealed class IntSetComparer : IEqualityComparer<int[]>
{
    public static IntSetComparer Instance { get; } = new();

    public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(int[] obj)
    {
        uint hash = 2166136261;
        foreach (int value in obj)
        {
            hash = (hash ^ (uint)value) * 16777619;
            hash ^= hash >> 15;
        }

        return (int)hash;
    }
}
