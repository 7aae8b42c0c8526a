// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Phi4.Kernels;

/// <summary>
/// How the tokens of a step are to be chosen, as <see cref="IKernels.Sample"/> reads it: a <see cref="SamplingRow"/> for each row of logits, and behind the rows the lists
/// that they point to. Host memory, filled anew for each step, which allocates nothing.
/// </summary>
internal sealed class SamplingPlan
{
    /// <summary>A larger top-k is not for a plan.</summary>
    public const int MostTopK = 2048;

    /// <summary>Nor is a larger vocabulary.</summary>
    public const int MostColumns = 512 * 1024;

    private const int Alignment = 16;

    // Of tokens seen and biases, for each row, in the middle.
    private const int EntriesOfRow = 4096;

    private readonly byte[] _bytes;
    private readonly int _rowBytes;
    private int _used;

    /// <param name="rowCapacity">Most rows.</param>
    /// <param name="columns">V.</param>
    public SamplingPlan(int rowCapacity, int columns)
    {
        Columns = columns;
        _rowBytes = rowCapacity * Unsafe.SizeOf<SamplingRow>();
        _bytes = new byte[ByteCount(rowCapacity, columns)];
        Clear();
    }

    /// <summary>V.</summary>
    public int Columns { get; }

    /// <summary>Rows so far.</summary>
    public int RowCount { get; private set; }

    /// <summary>One of the rows is to be chosen from.</summary>
    public bool HasPlanned { get; private set; }

    /// <summary>What has to be where <see cref="IKernels.Sample"/> reads it.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _used);

    private Span<SamplingRow> Rows => MemoryMarshal.Cast<byte, SamplingRow>(_bytes.AsSpan(0, _rowBytes));

    /// <summary>Bytes that a plan may take.</summary>
    public static int ByteCount(int rowCapacity, int columns)
        => checked(rowCapacity * (Unsafe.SizeOf<SamplingRow>() + MaskBytes(columns) + (EntriesOfRow * Unsafe.SizeOf<SamplingEntry>())) + Alignment);

    public void Clear()
    {
        RowCount = 0;
        HasPlanned = false;

        // Nothing lies at 0, which stands for no list.
        _used = (_rowBytes + Alignment - 1) / Alignment * Alignment;
    }

    /// <summary>The next row is somebody else's to choose from.</summary>
    public void Skip() => Rows[RowCount++] = default;

    /// <summary>The next row.</summary>
    public void Add(in SamplingRow row)
    {
        Rows[RowCount++] = row with { IsPlanned = 1 };
        HasPlanned = true;
    }

    /// <summary>Whether the planned row of this number has a token, which somebody else chooses otherwise.</summary>
    public bool IsPlanned(int row) => Rows[row].IsPlanned != 0;

    /// <summary>Room for a list of biases or of tokens seen; false if the plan is full.</summary>
    public bool TryTakeEntries(int count, out Span<SamplingEntry> entries, out long at)
    {
        bool isTaken = TryTake((long)count * Unsafe.SizeOf<SamplingEntry>(), out Span<byte> bytes, out at);
        entries = MemoryMarshal.Cast<byte, SamplingEntry>(bytes);
        return isTaken;
    }

    /// <summary>Room for the bits of the allowed tokens, V of them; false if the plan is full.</summary>
    public bool TryTakeMask(out Span<uint> bits, out long at)
    {
        bool isTaken = TryTake(MaskBytes(Columns), out Span<byte> bytes, out at);
        bits = MemoryMarshal.Cast<byte, uint>(bytes);
        return isTaken;
    }

    private static int MaskBytes(int columns) => (columns + 127) / 128 * Alignment;

    private bool TryTake(long byteCount, out Span<byte> bytes, out long at)
    {
        long rounded = (byteCount + Alignment - 1) / Alignment * Alignment;
        at = _used;
        bool fits = rounded <= _bytes.Length - _used;
        bytes = fits ? _bytes.AsSpan(_used, (int)byteCount) : default;
        _used += fits ? (int)rounded : 0;
        return fits;
    }
}
