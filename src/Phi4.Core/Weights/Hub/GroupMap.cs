// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>Which group of inputs, and so which scale and zero point, an input belongs to: runs of the same size, or whatever a list says.</summary>
internal sealed class GroupMap
{
    private readonly int[]? _ofInput;

    private GroupMap(int inputs, int size, int[]? ofInput)
    {
        Inputs = inputs;
        Size = size;
        _ofInput = ofInput;
        HasWholeBlocks = Enumerable.Range(0, BlockLayout.BlockCount(inputs)).All(IsOneGroup);
    }

    public int Inputs { get; }

    /// <summary>Inputs of a group.</summary>
    public int Size { get; }

    public int Count => CountOf(Inputs, Size);

    /// <summary>No block of 32 inputs has two groups in it.</summary>
    public bool HasWholeBlocks { get; }

    /// <summary>Inputs of a group follow each other.</summary>
    public bool HasRuns => _ofInput is null;

    public static int CountOf(int inputs, int? size) => size is { } one ? (inputs + one - 1) / one : 1;

    /// <summary>Groups one after the other.</summary>
    public static GroupMap Runs(int inputs, int? size) => new(inputs, size ?? inputs, null);

    /// <summary>The group of each input by a stored list; null, and a problem, where it names a group that isn't there.</summary>
    public static GroupMap? Read(MatrixParts parts, string part, int? size)
    {
        int inputs = parts.Columns;
        int count = CountOf(inputs, size);
        if (!parts.Has(part))
        {
            return Runs(inputs, size);
        }

        if (parts.Require(part, [DType.I32], [inputs]) is not { } stored)
        {
            return null;
        }

        int[] groups = stored.As<int>().ToArray();

        // All -1: a list that was never filled.
        if (!groups.AsSpan().ContainsAnyExcept(-1))
        {
            return Runs(inputs, size);
        }

        for (int input = 0; input < inputs; input++)
        {
            if ((uint)groups[input] >= (uint)count)
            {
                parts.Refuse(part, $"groups from 0 to {count - 1}", $"{groups[input]} for input {input}");
                return null;
            }
        }

        GroupMap runs = Runs(inputs, size);
        bool isRuns = Enumerable.Range(0, inputs).All(input => groups[input] == runs.Of(input));
        return isRuns ? runs : new GroupMap(inputs, size ?? inputs, groups);
    }

    public int Of(int input) => _ofInput is null ? input / Size : _ofInput[input];

    private bool IsOneGroup(int block)
    {
        int first = block * BlockLayout.BlockSize;
        int last = Math.Min(first + BlockLayout.BlockSize, Inputs) - 1;
        return Enumerable.Range(first, last - first + 1).All(input => Of(input) == Of(first));
    }
}
