// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Phi4.Core.Tests.Weights;

/// <summary>A damaged or malicious safetensors file: what it is called, its bytes, and words that the refusal must contain.</summary>
internal sealed record HostileFile(string Attack, byte[] Bytes, params string[] Words)
{
    public override string ToString() => Attack;
}

/// <summary>One file an attack. Each is a sound file but for one thing, so a reader that lets it through has exactly that hole.</summary>
internal static class HostileSafetensors
{
    public static IEnumerable<HostileFile> All => Length().Concat(Text()).Concat(Entries()).Concat(Coverage());

    /// <summary>The sound file that the others are made from.</summary>
    public static byte[] Sound => File("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}}""", 32);

    private static IEnumerable<HostileFile> Length()
    {
        yield return new("empty-file", [], "at least 8 bytes", "found 0");
        yield return new("shorter-than-the-length-field", [1, 2, 3], "at least 8 bytes", "found 3");
        yield return new("length-field-alone", Raw(2, "", 0), "header length", "at most the 0 bytes", "found 2");
        yield return new("header-of-no-bytes", Raw(0, "", 16), "header", "nothing");
        yield return new("header-longer-than-the-file", Raw(4096, "{}", 8), "at most the 10 bytes", "found 4096");
        yield return new("header-over-the-formats-limit", Raw(100_000_001, "{}", 8), "at most 100000000 bytes", "100000001");
        yield return new("header-length-negative-as-signed", Raw(ulong.MaxValue, "{}", 8), "at most 100000000 bytes", "18446744073709551615");
        yield return new("header-length-minus-eight", Raw(ulong.MaxValue - 7, "{}", 8), "at most 100000000 bytes");
        yield return new("header-length-cuts-the-json", Raw(20, Header("F32", "[2]", "0,8"), 8), "header", "valid JSON");
    }

    private static IEnumerable<HostileFile> Text()
    {
        yield return new("header-is-an-array", File("[]", 0), "a JSON object", "0x5b");
        yield return new("header-starts-with-a-space", File(" {}", 0), "a JSON object", "0x20");
        yield return new("header-starts-with-a-byte-order-mark", File("\uFEFF{}", 0), "a JSON object", "0xef");
        yield return new("header-is-not-json", File("{not json}", 0), "valid JSON");
        yield return new("header-has-a-second-object", File("{}{}", 0), "valid JSON");
        yield return new("header-has-a-comment", File("{/* */}", 0), "valid JSON");
        yield return new("header-has-a-trailing-comma", File("""{"__metadata__":{},}""", 0), "valid JSON");
        yield return new("header-is-not-utf8", Raw(4, [(byte)'{', (byte)'"', 0xC3, 0x28], 0), "valid UTF-8");
        yield return new("name-is-half-a-character", File("""{"\ud800":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4), "valid JSON");
        yield return new("header-nested-deep", File($$$"""{"a":{"dtype":{{{new string('[', 5000)}}}{{{new string(']', 5000)}}}}}""", 0), "known dtype");
        yield return new("metadata-is-not-text", File("""{"__metadata__":{"format":1}}""", 0), "__metadata__", "one string");
        yield return new("metadata-twice", File("""{"__metadata__":{},"__metadata__":{}}""", 0), "duplicate");
        yield return new("metadata-key-twice", File("""{"__metadata__":{"a":"1","a":"2"}}""", 0), "__metadata__", "one string");
    }

    private static IEnumerable<HostileFile> Entries()
    {
        yield return new("tensor-is-a-number", File("""{"a":1}""", 0), "a:", "an object", "Number");
        yield return new("tensor-twice", File(Twice, 8), "a:", "duplicate");
        yield return new("tensor-twice-by-escape", File(Twice.Replace("\"a\":{", "\"\\u0061\":{", StringComparison.Ordinal), 8), "a:", "duplicate");
        yield return new("dtype-unknown", Tensor("F12", "[2]", "0,8", 8), "known dtype", "\"F12\"");
        yield return new("dtype-lower-case", Tensor("f32", "[2]", "0,8", 8), "known dtype", "\"f32\"");
        yield return new("dtype-missing", File("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8), "incomplete");
        yield return new("dtype-twice", File("""{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}""", 8), "each once", "\"dtype\"");
        yield return new("shape-missing", File("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8), "incomplete");
        yield return new("shape-is-null", File("""{"a":{"dtype":"F32","shape":null,"data_offsets":[0,8]}}""", 8), "shape", "list of integers");
        yield return new("offsets-missing", File("""{"a":{"dtype":"F32","shape":[2]}}""", 8), "incomplete");
        yield return new("offset-alone", Tensor("F32", "[2]", "0", 8), "incomplete");
        yield return new("offsets-of-three", Tensor("F32", "[2]", "0,4,8", 8), "at most 2 integers");
        yield return new("field-unknown", File("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"code":"x"}}""", 8), "\"code\"");
        yield return new("shape-negative", Tensor("F32", "[-2]", "0,8", 8), "shape", "-2");
        yield return new("shape-two-negatives", Tensor("F32", "[-1,-2]", "0,8", 8), "shape", "-1");
        yield return new("shape-fraction", Tensor("F32", "[2.5]", "0,10", 10), "shape", "2.5");
        yield return new("shape-exponent", Tensor("F32", "[2e0]", "0,8", 8), "shape", "2e0");
        yield return new("shape-beyond-64-bits", Tensor("F32", "[18446744073709551618]", "0,8", 8), "shape", "18446744073709551618");
        yield return new("shape-product-wraps-to-small", Tensor("F32", "[4294967296,4294967296,2]", "0,8", 8), "overflow", "4294967296");
        yield return new("shape-product-wraps-to-zero", Tensor("U8", "[9223372036854775807,9223372036854775807]", "0,0", 0), "overflow");
        yield return new("shape-of-a-thousand-dimensions", Tensor("U8", $"[{string.Join(',', Enumerable.Repeat("1", 1000))}]", "0,1", 1), "at most 32");
        yield return new("offset-negative", Tensor("F32", "[2]", "-8,0", 8), "data_offsets", "-8");
        yield return new("offsets-reversed", Tensor("F32", "[2]", "8,0", 8), "in order", "[8, 0]");
        yield return new("offset-beyond-64-bits", Tensor("F32", "[2]", "0,99999999999999999999", 8), "data_offsets", "99999999999999999999");
        yield return new("offset-at-the-end-of-64-bits", Tensor("U8", "[1]", $"{long.MaxValue - 1},{long.MaxValue}", 8), "within the file");
        yield return new("bytes-fewer-than-the-shape", Tensor("F32", "[3]", "0,8", 8), "12 bytes for F32 [3]", "8 bytes");
        yield return new("bytes-more-than-the-shape", Tensor("F32", "[1]", "0,8", 8), "4 bytes for F32 [1]", "8 bytes");
        yield return new("bytes-of-another-dtype", Tensor("BF16", "[2]", "0,8", 8), "4 bytes for BF16 [2]", "8 bytes");
    }

    private static IEnumerable<HostileFile> Coverage()
    {
        yield return new("data-truncated", Sound[..^1], "truncated", "b:");
        yield return new("data-missing", Sound[..^32], "truncated", "a:");
        yield return new("data-starts-past-the-end", Tensor("F32", "[2]", "4096,4104", 8), "truncated");
        yield return new("trailing-bytes", [.. Sound, 0], "1 trailing bytes");
        yield return new("trailing-bytes-without-tensors", File("{}", 8), "8 trailing bytes");
        yield return new("hole-at-the-start", Tensor("F32", "[2]", "8,16", 16), "a hole", "a:");
        yield return new("hole-between", Pair("0,8", "16,24", 24), "a hole", "b:");
        yield return new("overlap-in-part", Pair("0,8", "4,12", 12), "an overlap", "b:");
        yield return new("overlap-entire", Pair("0,8", "0,8", 8), "an overlap");
        yield return new("overlap-with-the-header-by-wrapping", Pair("0,8", $"{long.MaxValue - 7},{long.MaxValue}", 8), "b:");
        yield return new(
            "misaligned-by-the-tensor-before",
            File("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}""", 5), "misaligned", "b:");
        yield return new("misaligned-by-the-header", Misaligned, "misaligned", "a:");
    }

    private const string Twice =
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""";

    /// <summary>A header that is not padded to a multiple of eight.</summary>
    private static byte[] Misaligned
    {
        get
        {
            string json = Header("F32", "[1]", "0,4").TrimEnd();
            json += new string(' ', 1 + (8 - (json.Length % 8)) % 8);
            return Raw((ulong)json.Length, json, 4);
        }
    }

    private static byte[] Tensor(string dtype, string shape, string offsets, int dataBytes) => File(Header(dtype, shape, offsets), dataBytes);

    private static byte[] Pair(string first, string second, int dataBytes) => File(
        $$$"""{"a":{"dtype":"F32","shape":[2],"data_offsets":[{{{first}}}]},"b":{"dtype":"F32","shape":[2],"data_offsets":[{{{second}}}]}}""", dataBytes);

    private static string Header(string dtype, string shape, string offsets) =>
        string.Create(CultureInfo.InvariantCulture, $$$"""{"a":{"dtype":"{{{dtype}}}","shape":{{{shape}}},"data_offsets":[{{{offsets}}}]}}""");

    /// <summary>A header padded to a multiple of eight, its true length before it, data after it.</summary>
    private static byte[] File(string json, int dataBytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        byte[] padded = [.. text, .. Enumerable.Repeat((byte)' ', (8 - (text.Length % 8)) % 8)];
        return Raw((ulong)padded.Length, padded, dataBytes);
    }

    private static byte[] Raw(ulong headerLength, string json, int dataBytes) => Raw(headerLength, Encoding.UTF8.GetBytes(json), dataBytes);

    private static byte[] Raw(ulong headerLength, byte[] json, int dataBytes)
    {
        byte[] bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, headerLength);
        json.CopyTo(bytes, 8);
        return bytes;
    }
}
