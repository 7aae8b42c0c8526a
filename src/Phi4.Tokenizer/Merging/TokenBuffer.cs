// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Runtime.CompilerServices;

namespace Phi4.Tokenizer.Merging;

/// <summary>A growing list of ids in rented memory.</summary>
internal ref struct TokenBuffer
{
    private int[] _ids;

    /// <param name="capacity">How many ids fit at first.</param>
    /// <param name="limit">How many are wanted: an encoder may stop once there are as many.</param>
    public TokenBuffer(int capacity, int limit = int.MaxValue)
    {
        _ids = ArrayPool<int>.Shared.Rent(capacity);
        Limit = limit;
    }

    public int Count { get; private set; }

    public int Limit { get; }

    public readonly bool IsFull => Count >= Limit;

    public readonly ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int id)
    {
        int[] ids = _ids;
        int count = Count;
        if ((uint)count < (uint)ids.Length)
        {
            ids[count] = id;
            Count = count + 1;
        }
        else
        {
            Grow();
            Add(id);
        }
    }

    public readonly void Dispose() => ArrayPool<int>.Shared.Return(_ids);

    private void Grow()
    {
        int[] larger = ArrayPool<int>.Shared.Rent(_ids.Length * 2);
        Ids.CopyTo(larger);
        ArrayPool<int>.Shared.Return(_ids);
        _ids = larger;
    }
}
