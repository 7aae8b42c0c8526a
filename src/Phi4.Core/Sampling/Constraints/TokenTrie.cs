// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints;

/// <summary>
/// The tokens of a vocabulary as a tree over their bytes, flat, each node before its children: a walk that leaves a branch jumps over it. Immutable.
/// </summary>
internal sealed class TokenTrie
{
    private readonly byte[][] _tokens;
    private readonly int[] _twins;

    /// <param name="tokens">The bytes of each id; empty for an id that may not stand in constrained text.</param>
    public TokenTrie(byte[][] tokens)
    {
        _tokens = tokens;
        _twins = new int[tokens.Length];
        Array.Fill(_twins, -1);
        int[] order = [.. Enumerable.Range(0, tokens.Length).Where(id => tokens[id].Length > 0)];
        Array.Sort(order, (x, y) => tokens[x].AsSpan().SequenceCompareTo(tokens[y]) is var difference and not 0 ? difference : x.CompareTo(y));
        List<Node> nodes = [];
        Stack<int> path = new();
        byte[] last = [];
        foreach (int id in order)
        {
            byte[] token = tokens[id];
            int common = last.AsSpan().CommonPrefixLength(token);
            while (path.Count > common)
            {
                Close();
            }

            if (common == token.Length)
            {
                int twin = nodes[path.Peek()].Token; // the same bytes a second time
                _twins[id] = _twins[twin];
                _twins[twin] = id;
                continue;
            }

            for (int i = common; i < token.Length; i++)
            {
                path.Push(nodes.Count);
                nodes.Add(new Node(token[i], (byte)Math.Min(i + 1, MaxDepth), 0, i == token.Length - 1 ? id : -1, 0));
            }

            MaxTokenBytes = Math.Max(MaxTokenBytes, token.Length);
            last = token;
        }

        while (path.Count > 0)
        {
            Close();
        }

        if (MaxTokenBytes > MaxDepth)
        {
            throw new ArgumentException($"A token of {MaxTokenBytes} bytes; at most {MaxDepth}.", nameof(tokens));
        }

        Nodes = [.. nodes];

        void Close()
        {
            int closed = path.Pop();
            nodes[closed] = nodes[closed] with { End = nodes.Count };
            if (path.TryPeek(out int above))
            {
                nodes[above] = nodes[above] with { Height = (byte)Math.Clamp(nodes[closed].Height + 1, nodes[above].Height, MaxDepth) };
            }
        }
    }

    /// <summary>Most bytes of a token.</summary>
    public const int MaxDepth = 255;

    public int VocabSize => _tokens.Length;

    public int MaxTokenBytes { get; }

    public Node[] Nodes { get; }

    public ReadOnlySpan<byte> BytesOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : default;

    /// <summary>Another id with the same bytes, or -1.</summary>
    public int TwinOf(int id) => _twins[id];

    /// <summary>The node that these bytes lead to, or -1.</summary>
    public int Find(ReadOnlySpan<byte> bytes)
    {
        int found = -1;
        int end = Nodes.Length;
        foreach (byte value in bytes)
        {
            int child = found + 1;
            while (child < end && Nodes[child].Byte != value)
            {
                child = Nodes[child].End;
            }

            if (child >= end)
            {
                return -1;
            }

            found = child;
            end = Nodes[child].End;
        }

        return found;
    }

    /// <summary>A node.</summary>
    /// <param name="Byte">The byte that leads here.</param>
    /// <param name="Depth">Bytes from the root, 1 and more.</param>
    /// <param name="Height">Bytes from here to the end of the longest token below; 0 without children.</param>
    /// <param name="Token">The token that ends here, or -1.</param>
    /// <param name="End">One past its last descendant.</param>
    internal readonly record struct Node(byte Byte, byte Depth, byte Height, int Token, int End);
}
