// SPDX-License-Identifier: MIT
namespace Phi4.Core.Tests.Weights.Gguf;

/// <summary>One file an attack. Each is a sound file but for one thing, so a reader that lets it through has exactly that hole.</summary>
internal static class HostileGguf
{
    private const uint F32 = 0, Q4K = 12, Iq1 = 19;

    public static IEnumerable<HostileFile> All => Start().Concat(Pairs()).Concat(Tensors()).Concat(Places());

    /// <summary>The sound file that the others are made from.</summary>
    public static GgufBuilder Sound => new GgufBuilder()
        .Add("general.architecture", "phi3").Add("some.number", 7u).Add("some.list", ["a", "b"])
        .Tensor("a", F32, [2, 4], new byte[32]).Tensor("b", F32, [4], new byte[16]);

    private static byte[] SoundBytes => Sound.Build();

    private static IEnumerable<HostileFile> Start()
    {
        yield return new("empty-file", [], "at least 24 bytes", "found 0");
        yield return new("three-bytes", [(byte)'G', (byte)'G', (byte)'U'], "at least 24 bytes", "found 3");
        yield return new("another-magic", With(file => file.Magic = 0x04034b50), "magic", "\"GGUF\"", "0x504b0304");
        yield return new("version-one", With(file => file.Version = 1), "version", "2 or 3", "found 1");
        yield return new("version-of-the-future", With(file => file.Version = 4), "version", "found 4");
        yield return new("big-endian", With(file => file.Version = 0x03000000), "version", "a big-endian file");
        yield return new("header-cut-in-the-counts", SoundBytes[..20], "at least 24 bytes", "found 20");
        yield return new("header-cut-in-a-tensor", SoundBytes[..180], "truncated");
        yield return new("tensor-count-beyond-the-file", With(file => file.TensorCount = 1ul << 40), "tensor count", "room for", "1099511627776");
        yield return new("tensor-count-negative-as-signed", With(file => file.TensorCount = ulong.MaxValue), "tensor count", "18446744073709551615");
        yield return new("pair-count-beyond-the-file", With(file => file.PairCount = 1ul << 60), "key-value count", "room for");
        yield return new("pair-count-too-small", With(file => file.PairCount = 2), "some.list", "1 to 4 dimensions");
    }

    private static IEnumerable<HostileFile> Pairs()
    {
        yield return new("key-longer-than-the-file", With(file => file.Pair("k", 8, writer => writer.Write(ulong.MaxValue))), "k:", "a string of at most");
        yield return new("key-twice", With(file => file.Add("some.number", 8u)), "some.number", "a duplicate");
        yield return new("key-is-not-utf8", With(file => file.Raw(2, 0, 0, 0, 0, 0, 0, 0, 0xC3, 0x28, 4, 0, 0, 0, 0, 0, 0, 0)), "key 3", "valid UTF-8");
        yield return new("text-is-not-utf8", With(file => file.Pair("k", 8, writer => writer.Write([1, 0, 0, 0, 0, 0, 0, 0, 0xFF]))), "k:", "valid UTF-8");
        yield return new("value-of-unknown-type", With(file => file.Pair("k", 13, writer => writer.Write(0ul))), "k:", "type 13");
        yield return new("truth-of-two", With(file => file.Pair("k", 7, writer => writer.Write((byte)2))), "k:", "0 or 1", "found 2");
        yield return new("integer-of-64-bits", With(file => file.Pair("k", 10, writer => writer.Write(ulong.MaxValue))), "k:", "below 2^63");
        yield return new("list-beyond-the-file", With(file => List(file, 4, 1ul << 62)), "k:", "room for", "4611686018427387904");
        yield return new("list-of-texts-beyond-the-file", With(file => List(file, 8, 1ul << 50)), "k:", "room for");
        yield return new("list-of-lists", With(file => List(file, 9, 1)), "k:", "no list of lists", "type 9");
        yield return new("alignment-of-zero", With(file => file.Add("general.alignment", 0u)), "general.alignment", "from 1 to");
        yield return new("alignment-of-three", With(file => file.Add("general.alignment", 3u)), "general.alignment", "a power of two", "found 3");
        yield return new("alignment-is-a-text", With(file => file.Add("general.alignment", "32")), "general.alignment", "an integer", "\"32\"");
    }

    private static IEnumerable<HostileFile> Tensors()
    {
        yield return new("tensor-twice", With(file => file.Tensor("a", F32, [4], new byte[16])), "a:", "a duplicate name");
        yield return new("tensor-name-of-65-bytes", With(file => file.Tensor(new string('n', 65), F32, [4], new byte[16])), "tensor 2", "at most 64 bytes", "65");
        yield return new("tensor-of-no-dimensions", With(file => file.Tensor("c", F32, [], new byte[4])), "c:", "1 to 4 dimensions", "found 0");
        yield return new("tensor-of-five-dimensions", With(file => file.Tensor("c", F32, [1, 1, 1, 1, 1], new byte[4])), "c:", "found 5");
        yield return new("size-of-zero", With(file => file.Tensor("c", F32, [0], [])), "c:", "sizes from 1", "found 0");
        yield return new("size-negative", With(file => file.Tensor("c", F32, [-1], new byte[4])), "c:", "18446744073709551615");
        yield return new("shape-product-wraps-to-small", With(file => file.Tensor("c", F32, [1L << 32, 1L << 32, 2], new byte[8])), "c:", "larger");
        yield return new("shape-product-wraps-128-bits", With(file => file.Tensor("c", F32, [1L << 62, 1L << 62, 1L << 62], new byte[8])), "c:", "larger");
        yield return new("shape-larger-than-the-file", With(file => file.Tensor("c", F32, [1 << 20], new byte[16])), "c:", "larger");
        yield return new("type-not-read", With(file => file.Tensor("c", Iq1, [256], new byte[50])), "c:", "one of F32", "IQ1_S");
        yield return new("type-unknown", With(file => file.Tensor("c", 4711, [256], new byte[50])), "c:", "type 4711");
        yield return new("rows-of-broken-blocks", With(file => file.Tensor("c", Q4K, [2, 128], new byte[144])), "c:", "whole blocks of 256", "rows of 128");
    }

    private static IEnumerable<HostileFile> Places()
    {
        yield return new("data-truncated", SoundBytes[..^32], "b:", "truncated");
        yield return new("data-missing", SoundBytes[..^64], "truncated");
        yield return new("offset-not-aligned", With(file => file.OffsetOf = (i, offset) => offset + (ulong)i), "b:", "a multiple of 32", "found 33");
        yield return new("offset-past-the-end", With(file => file.OffsetOf = (i, offset) => offset + ((ulong)i << 40)), "b:", "truncated");
        yield return new("offset-wraps", With(file => file.OffsetOf = (i, offset) => i == 0 ? offset : ulong.MaxValue - 31), "b:", "truncated");
        yield return new("two-tensors-share-bytes", With(file => file.OffsetOf = (_, _) => 0), "an overlap");
    }

    private static void List(GgufBuilder file, uint type, ulong count) => file.Pair("k", 9, writer =>
    {
        writer.Write(type);
        writer.Write(count);
        writer.Write(0ul);
    });

    private static byte[] With(Action<GgufBuilder> fault)
    {
        GgufBuilder file = Sound;
        fault(file);
        return file.Build();
    }
}
