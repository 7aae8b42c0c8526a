// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Text;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Hub;

/// <summary>
/// Writes a matrix as the tensors of each layout of the hub, from the formats' descriptions (`docs/formats.md`), one code at a time. Knows nothing of the reader.
/// </summary>
internal static class HubPacks
{
    // The even outputs of eight come first in a word, then the odd ones.
    private static readonly int[] AwqOrder = [0, 2, 4, 6, 1, 3, 5, 7];

    public static void CompressedWords(this TinyCheckpoint files, string module, IntegerMatrixSpec m, bool hasZeros = false, bool hasGroups = false)
    {
        int per = 32 / m.Bits;
        Replace(files, module);
        files.Tensors[$"{module}.weight_packed"] = Words(m.Rows, (m.Columns + per - 1) / per, m.Bits, (row, word, i) => (word * per) + i < m.Columns ? m.Codes[row, (word * per) + i] : 0);
        files.Tensors[$"{module}.weight_scale"] = ScalesByRows(m);
        files.Tensors[$"{module}.weight_shape"] = (DType.I64, [2], Bytes<long>([m.Rows, m.Columns]));
        if (hasZeros)
        {
            files.Tensors[$"{module}.weight_zero_point"] =
                Words((m.Rows + per - 1) / per, m.Groups, m.Bits, (word, group, i) => (word * per) + i < m.Rows ? m.Zeros[(word * per) + i, group] : 0);
        }

        if (hasGroups)
        {
            files.Tensors[$"{module}.weight_g_idx"] = (DType.I32, [m.Columns], Bytes(m.GroupOf));
        }
    }

    public static void CompressedBytes(this TinyCheckpoint files, string module, IntegerMatrixSpec m, bool hasZeros = false, bool isOneScale = false)
    {
        Replace(files, module);
        files.Tensors[$"{module}.weight"] = (DType.I8, [m.Rows, m.Columns], [.. m.Codes.Cast<int>().Select(code => (byte)(code - 128))]);
        files.Tensors[$"{module}.weight_scale"] = isOneScale ? (m.ScaleType, [], Floats([m.Scales[0, 0]], m.ScaleType)) : ScalesByRows(m);
        if (hasZeros)
        {
            files.Tensors[$"{module}.weight_zero_point"] = (DType.I8, [m.Rows, m.Groups], [.. m.Zeros.Cast<int>().Select(zero => (byte)(zero - 128))]);
        }
    }

    public static void Gptq(this TinyCheckpoint files, string module, IntegerMatrixSpec m, bool isVersionTwo = false, bool hasGroups = true)
    {
        int per = 32 / m.Bits, mask = (1 << m.Bits) - 1;
        Replace(files, module);
        files.Tensors[$"{module}.qweight"] = Words(m.Columns / per, m.Rows, m.Bits, (word, row, i) => m.Codes[row, (word * per) + i]);
        files.Tensors[$"{module}.qzeros"] = Words(
            m.Groups, m.Rows / per, m.Bits, (group, word, i) => isVersionTwo ? m.Zeros[(word * per) + i, group] : (m.Zeros[(word * per) + i, group] - 1) & mask);
        files.Tensors[$"{module}.scales"] = ScalesByGroups(m);
        if (hasGroups)
        {
            files.Tensors[$"{module}.g_idx"] = (DType.I32, [m.Columns], Bytes(m.GroupOf));
        }
    }

    public static void Awq(this TinyCheckpoint files, string module, IntegerMatrixSpec m)
    {
        Replace(files, module);
        files.Tensors[$"{module}.qweight"] = Words(m.Columns, m.Rows / 8, 4, (input, word, i) => m.Codes[(word * 8) + AwqOrder[i], input]);
        files.Tensors[$"{module}.qzeros"] = Words(m.Groups, m.Rows / 8, 4, (group, word, i) => m.Zeros[(word * 8) + AwqOrder[i], group]);
        files.Tensors[$"{module}.scales"] = ScalesByGroups(m);
    }

    /// <summary>FP8 codes with scales of any table.</summary>
    public static void Float8(this TinyCheckpoint files, string module, int rows, int columns, byte[] codes, float[] scales, DType scaleType, long[] scaleShape, string scaleName = "weight_scale")
    {
        Replace(files, module);
        files.Tensors[$"{module}.weight"] = (DType.F8E4M3, [rows, columns], codes);
        files.Tensors[$"{module}.{scaleName}"] = (scaleType, scaleShape, Floats(scales, scaleType));
    }

    /// <summary>bitsandbytes; with <paramref name="nested"/> the magnitudes are codes of a second book: value, scale of 256, offset.</summary>
    public static void BitsAndBytes(
        this TinyCheckpoint files, string module, string kind, int rows, int columns, int[] codes, float[] book, float[] maxima,
        (byte[] Codes, float[] Book, float[] Scales, float Offset)? nested = null)
    {
        Replace(files, module);
        files.Tensors[$"{module}.weight"] = (DType.U8, [codes.Length / 2, 1], [.. codes.Chunk(2).Select(pair => (byte)((pair[0] << 4) | pair[1]))]);
        files.Tensors[$"{module}.weight.quant_map"] = (DType.F32, [16], Floats(book, DType.F32));
        string more = "";
        if (nested is { } two)
        {
            files.Tensors[$"{module}.weight.absmax"] = (DType.U8, [two.Codes.Length], two.Codes);
            files.Tensors[$"{module}.weight.nested_quant_map"] = (DType.F32, [256], Floats(two.Book, DType.F32));
            files.Tensors[$"{module}.weight.nested_absmax"] = (DType.F32, [two.Scales.Length], Floats(two.Scales, DType.F32));
            more = FormattableString.Invariant($", \"nested_blocksize\": 256, \"nested_dtype\": \"float32\", \"nested_offset\": {two.Offset:R}");
        }
        else
        {
            files.Tensors[$"{module}.weight.absmax"] = (DType.F32, [maxima.Length], Floats(maxima, DType.F32));
        }

        byte[] state = Encoding.UTF8.GetBytes($$"""{"quant_type": "{{kind}}", "blocksize": 64, "dtype": "bfloat16", "shape": [{{rows}}, {{columns}}]{{more}}}""");
        files.Tensors[$"{module}.weight.quant_state.bitsandbytes__{kind}"] = (DType.U8, [state.Length], state);
    }

    public static byte[] Floats(float[] values, DType dtype)
    {
        byte[] bytes = new byte[values.Length * dtype.SizeInBytes()];
        FloatCodec.Narrow(values, dtype, bytes);
        return bytes;
    }

    public static byte[] Bytes<T>(T[] values)
        where T : struct => MemoryMarshal.AsBytes<T>(values).ToArray();

    private static void Replace(TinyCheckpoint files, string module) => files.Tensors.Remove($"{module}.weight");

    private static (DType, long[], byte[]) Words(int first, int second, int bits, Func<int, int, int, int> code)
    {
        uint[] words = new uint[first * second];
        for (int i = 0; i < words.Length; i++)
        {
            for (int j = 0; j < 32 / bits; j++)
            {
                words[i] |= (uint)code(i / second, i % second, j) << (bits * j);
            }
        }

        return (DType.I32, [first, second], Bytes(words));
    }

    private static (DType, long[], byte[]) ScalesByRows(IntegerMatrixSpec m) => (m.ScaleType, [m.Rows, m.Groups], Floats([.. m.Scales.Cast<float>()], m.ScaleType));

    private static (DType, long[], byte[]) ScalesByGroups(IntegerMatrixSpec m) =>
        (m.ScaleType, [m.Groups, m.Rows], Floats([.. from i in Enumerable.Range(0, m.Groups) from row in Enumerable.Range(0, m.Rows) select m.Scales[row, i]], m.ScaleType));
}
