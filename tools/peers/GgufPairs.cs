// SPDX-License-Identifier: MIT
using System.Text;

namespace Phi4.Peers;

/// <summary>Collects the key-value pairs of a GGUF file.</summary>
internal sealed class GgufPairs : IDisposable
{
    // The format's numbers for kinds of values.
    private const uint U32 = 4, I32 = 5, F32 = 6, Truth = 7, TextType = 8, List = 9;

    private readonly MemoryStream _bytes = new();
    private readonly BinaryWriter _writer;

    public GgufPairs() => _writer = new BinaryWriter(_bytes);

    public int Count { get; private set; }

    public byte[] ToArray() => _bytes.ToArray();

    public void Add(string key, int value)
    {
        Begin(key, U32);
        _writer.Write((uint)value);
    }

    public void Add(string key, float value)
    {
        Begin(key, F32);
        _writer.Write(value);
    }

    public void Add(string key, bool value)
    {
        Begin(key, Truth);
        _writer.Write(value);
    }

    public void Add(string key, string value)
    {
        Begin(key, TextType);
        WriteText(_writer, value);
    }

    public void Add(string key, IReadOnlyCollection<string> values)
    {
        Begin(key, List);
        _writer.Write(TextType);
        _writer.Write((ulong)values.Count);
        foreach (string value in values)
        {
            WriteText(_writer, value);
        }
    }

    public void Add(string key, IReadOnlyCollection<int> values)
    {
        Begin(key, List);
        _writer.Write(I32);
        _writer.Write((ulong)values.Count);
        foreach (int value in values)
        {
            _writer.Write(value);
        }
    }

    public void Dispose() => _writer.Dispose();

    public static void WriteText(BinaryWriter writer, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)utf8.Length);
        writer.Write(utf8);
    }

    private void Begin(string key, uint type)
    {
        Count++;
        WriteText(_writer, key);
        _writer.Write(type);
    }
}
