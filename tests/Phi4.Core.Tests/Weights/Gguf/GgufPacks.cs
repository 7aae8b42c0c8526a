// SPDX-License-Identifier: MIT
namespace Phi4.Core.Tests.Weights.Gguf;

/// <summary>
/// Makes blocks of known codes, from the format's description, and says what they are worth by its formulas. Knows nothing of the reader.
/// </summary>
internal static class GgufPacks
{
    public static readonly sbyte[] NonLinear = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>A block of a type with random contents, and its values.</summary>
    public static (byte[] Bytes, float[] Values) Random(string type, Random random)
    {
        var d = (Half)(random.NextDouble() - 0.5);
        var m = (Half)random.NextDouble();
        int[] codes(int count, int bits) => [.. Enumerable.Range(0, count).Select(_ => random.Next(1 << bits))];
        return type switch
        {
            "Q4_0" => Q4_0(d, codes(32, 4)),
            "Q4_1" => Q4_1(d, m, codes(32, 4)),
            "Q5_0" => Q5_0(d, codes(32, 5)),
            "Q5_1" => Q5_1(d, m, codes(32, 5)),
            "Q8_0" => Q8_0(d, [.. codes(32, 8).Select(code => (sbyte)(code - 128))]),
            "IQ4_NL" => Iq4Nl(d, codes(32, 4)),
            "Q2_K" => Q2(d, m, codes(16, 4), codes(16, 4), codes(256, 2)),
            "Q3_K" => Q3(d, codes(16, 6), codes(256, 3)),
            "Q4_K" => Q4(d, m, codes(8, 6), codes(8, 6), codes(256, 4)),
            "Q5_K" => Q5(d, m, codes(8, 6), codes(8, 6), codes(256, 5)),
            "Q6_K" => Q6(d, [.. codes(16, 8).Select(code => code - 128)], codes(256, 6)),
            "IQ4_XS" => Iq4Xs(d, codes(8, 6), codes(256, 4)),
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };
    }

    public static (byte[] Bytes, float[] Values) Q4_0(Half d, int[] codes) => ([.. Bytes(d), .. Nibbles(codes)], Map(codes, q => (float)d * (q - 8)));

    public static (byte[] Bytes, float[] Values) Q8_0(Half d, sbyte[] codes) =>
        ([.. Bytes(d), .. codes.Select(code => (byte)code)], [.. codes.Select(code => (float)d * code)]);

    private static (byte[] Bytes, float[] Values) Q4_1(Half d, Half m, int[] codes) =>
        ([.. Bytes(d), .. Bytes(m), .. Nibbles(codes)], Map(codes, q => ((float)d * q) + (float)m));

    private static (byte[] Bytes, float[] Values) Q5_0(Half d, int[] codes) =>
        ([.. Bytes(d), .. FifthBits(codes), .. Nibbles(codes)], Map(codes, q => (float)d * (q - 16)));

    private static (byte[] Bytes, float[] Values) Q5_1(Half d, Half m, int[] codes) =>
        ([.. Bytes(d), .. Bytes(m), .. FifthBits(codes), .. Nibbles(codes)], Map(codes, q => ((float)d * q) + (float)m));

    private static (byte[] Bytes, float[] Values) Iq4Nl(Half d, int[] codes) => ([.. Bytes(d), .. Nibbles(codes)], Map(codes, q => (float)d * NonLinear[q]));

    private static (byte[] Bytes, float[] Values) Q2(Half d, Half e, int[] scales, int[] minima, int[] codes)
    {
        byte[] packed = new byte[64];
        for (int i = 0; i < 256; i++)
        {
            packed[(i / 128 * 32) + (i % 32)] |= (byte)(codes[i] << (i / 32 % 4 * 2));
        }

        return ([.. scales.Zip(minima, (s, m) => (byte)(s | (m << 4))), .. packed, .. Bytes(d), .. Bytes(e)],
            [.. codes.Select((q, i) => ((float)d * scales[i / 16] * q) - ((float)e * minima[i / 16]))]);
    }

    private static (byte[] Bytes, float[] Values) Q3(Half d, int[] scales, int[] codes)
    {
        byte[] mask = new byte[32], low = new byte[64], packed = new byte[12];
        for (int i = 0; i < 256; i++)
        {
            low[(i / 128 * 32) + (i % 32)] |= (byte)((codes[i] & 3) << (i / 32 % 4 * 2));
            mask[i % 32] |= (byte)((codes[i] >> 2) << (i / 32));
        }

        for (int j = 0; j < 16; j++)
        {
            packed[j % 8] |= (byte)((scales[j] & 15) << (j / 8 * 4));
            packed[8 + (j % 4)] |= (byte)((scales[j] >> 4) << (j / 4 * 2));
        }

        return ([.. mask, .. low, .. packed, .. Bytes(d)], [.. codes.Select((q, i) => (float)d * (scales[i / 16] - 32) * (q - 4))]);
    }

    private static (byte[] Bytes, float[] Values) Q4(Half d, Half e, int[] scales, int[] minima, int[] codes) =>
        ([.. Bytes(d), .. Bytes(e), .. SixBits(scales, minima), .. HalvesOf64(codes)], Values(d, e, scales, minima, codes));

    private static (byte[] Bytes, float[] Values) Q5(Half d, Half e, int[] scales, int[] minima, int[] codes)
    {
        byte[] high = new byte[32];
        for (int i = 0; i < 256; i++)
        {
            high[i % 32] |= (byte)((codes[i] >> 4) << (i / 32));
        }

        return ([.. Bytes(d), .. Bytes(e), .. SixBits(scales, minima), .. high, .. HalvesOf64(Map(codes, q => q & 15))], Values(d, e, scales, minima, codes));
    }

    private static (byte[] Bytes, float[] Values) Q6(Half d, int[] scales, int[] codes)
    {
        byte[] low = new byte[128], high = new byte[64];
        for (int i = 0; i < 256; i++)
        {
            int half = i / 128, quarter = i / 32 % 4, l = i % 32;
            low[(half * 64) + (quarter % 2 * 32) + l] |= (byte)((codes[i] & 15) << (quarter / 2 * 4));
            high[(half * 32) + l] |= (byte)((codes[i] >> 4) << (quarter * 2));
        }

        return ([.. low, .. high, .. scales.Select(s => (byte)s), .. Bytes(d)], [.. codes.Select((q, i) => (float)d * scales[i / 16] * (q - 32))]);
    }

    private static (byte[] Bytes, float[] Values) Iq4Xs(Half d, int[] scales, int[] codes)
    {
        int high = 0;
        byte[] low = new byte[4];
        for (int j = 0; j < 8; j++)
        {
            high |= (scales[j] >> 4) << (j * 2);
            low[j / 2] |= (byte)((scales[j] & 15) << (j % 2 * 4));
        }

        return ([.. Bytes(d), (byte)high, (byte)(high >> 8), .. low, .. codes.Chunk(32).SelectMany(Nibbles)],
            [.. codes.Select((q, i) => (float)d * (scales[i / 32] - 32) * NonLinear[q])]);
    }

    private static float[] Values(Half d, Half e, int[] scales, int[] minima, int[] codes) =>
        [.. codes.Select((q, i) => ((float)d * scales[i / 32] * q) - ((float)e * minima[i / 32]))];

    private static byte[] SixBits(int[] scales, int[] minima)
    {
        byte[] packed = new byte[12];
        for (int j = 0; j < 4; j++)
        {
            packed[j] = (byte)(scales[j] | ((scales[j + 4] >> 4) << 6));
            packed[j + 4] = (byte)(minima[j] | ((minima[j + 4] >> 4) << 6));
            packed[j + 8] = (byte)((scales[j + 4] & 15) | ((minima[j + 4] & 15) << 4));
        }

        return packed;
    }

    private static IEnumerable<byte> HalvesOf64(int[] codes) =>
        codes.Chunk(64).SelectMany(chunk => Enumerable.Range(0, 32).Select(l => (byte)(chunk[l] | (chunk[l + 32] << 4))));

    private static IEnumerable<byte> Nibbles(int[] codes) => Enumerable.Range(0, 16).Select(j => (byte)((codes[j] & 15) | ((codes[j + 16] & 15) << 4)));

    private static byte[] FifthBits(int[] codes) => BitConverter.GetBytes(codes.Select((q, j) => (uint)(q >> 4) << j).Aggregate((a, b) => a | b));

    private static byte[] Bytes(Half value) => BitConverter.GetBytes(value);

    private static TOut[] Map<TOut>(int[] codes, Func<int, TOut> map) => [.. codes.Select(map)];
}
