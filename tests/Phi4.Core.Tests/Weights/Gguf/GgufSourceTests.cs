// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Core.Weights.Gguf;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Gguf;

/// <summary>Whole files of architecture phi3 whose matrices are of one type: every value, as floats and in the blocks that loading makes.</summary>
[TestFixture]
public sealed class GgufSourceTests
{
    private const uint F32 = 0;
    private const int Width = 256, Vocabulary = 40;

    // The format's numbers of types.
    private static readonly Dictionary<string, uint> Types = new()
    {
        ["F32"] = F32,
        ["F16"] = 1,
        ["Q4_0"] = 2,
        ["Q4_1"] = 3,
        ["Q5_0"] = 6,
        ["Q5_1"] = 7,
        ["Q8_0"] = 8,
        ["Q2_K"] = 10,
        ["Q3_K"] = 11,
        ["Q4_K"] = 12,
        ["Q5_K"] = 13,
        ["Q6_K"] = 14,
        ["IQ4_NL"] = 20,
        ["IQ4_XS"] = 23,
        ["BF16"] = 30,
    };

    private static readonly string[] Exact = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q8_0", "IQ4_NL"];

    private static IEnumerable<string> TypeNames => Types.Keys;

    [TestCaseSource(nameof(TypeNames))]
    public void ReadRows_MatricesOfAType_GiveEveryValue(string type)
    {
        using TemporaryFolder folder = new();
        Dictionary<string, float[]> values = Write(folder["a.gguf"], type);
        using GgufSource source = GgufSource.Open(folder["a.gguf"]);
        Assert.Multiple(() =>
        {
            Assert.That(CheckpointCheck.Problems(source.Config, source, CancellationToken.None), Is.Empty);
            Assert.That(source.Tensors.Where(tensor => tensor.Shape.Count == 2).Select(tensor => tensor.Name), Is.EquivalentTo(values.Keys));
            foreach ((string name, float[] expected) in values)
            {
                SourceTensor tensor = source.Find(name)!;
                float[] found = new float[expected.Length];
                source.ReadRows(tensor, 0, tensor.Rows, found);
                Assert.That(found, Is.EqualTo(expected).AsCollection, name);
                Assert.That(tensor.Stored, Is.EqualTo(type), name);
            }
        });
    }

    [TestCaseSource(nameof(TypeNames))]
    public void Load_MatricesOfAType_AreWorthWhatTheFormatsPageSays(string type)
    {
        using TemporaryFolder folder = new();
        float[] expected = Write(folder["a.gguf"], type)[WeightNames.Head];
        GgufSource source = GgufSource.Open(folder["a.gguf"]);
        using ModelWeights weights = WeightLoader.Load(source.Config, source, new WeightLoadOptions(), CancellationToken.None);
        double[] found = WeightValues.Read(weights.Head);
        Assert.Multiple(() =>
        {
            for (int i = 0; i < found.Length; i++)
            {
                float[] block = expected.AsSpan(i / 32 * 32, 32).ToArray();
                double largest = block.Max(MathF.Abs), spread = block.Max() - block.Min();
                double bound = Exact.Contains(type) ? 0
                    : type is "Q4_K" or "IQ4_XS" ? ((2 * largest) + spread) * Math.Pow(2, -11)
                    : (0.51 * largest / 127) + (largest * Math.Pow(2, -11));
                Assert.That(found[i], Is.EqualTo((double)expected[i]).Within(bound + (Exact.Contains(type) ? RoundingOfASum(type, largest) : 0)), $"{type} value {i}");
            }
        });
    }

    [Test]
    public void ReadRows_OfTheLlamaArchitecture_PutsRowsOfQueriesAndKeysBackIntoHalves([Values("F32", "Q8_0")] string type)
    {
        using TemporaryFolder folder = new();
        const int headSize = 64;
        (byte[] bytes, float[] stored) = Matrix(type, Width, Width);
        GgufBuilder file = Model("llama");
        file.Tensor("blk.0.attn_q.weight", Types[type], [Width, Width], bytes).Tensor("blk.0.attn_v.weight", Types[type], [Width, Width], bytes);
        File.WriteAllBytes(folder["a.gguf"], file.Build());
        using GgufSource source = GgufSource.Open(folder["a.gguf"]);
        float[] query = new float[Width * Width], value = new float[Width * Width];
        source.ReadRows(source.Find(WeightNames.Query(0))!, 0, Width, query);
        source.ReadRows(source.Find(WeightNames.Value(0))!, 0, Width, value);
        Assert.Multiple(() =>
        {
            Assert.That(value, Is.EqualTo(stored).AsCollection);
            for (int row = 0; row < Width; row++)
            {
                // Pairs lie side by side in the file: element j of a head's first half is its row 2j, of its second half row 2j + 1.
                int head = row / headSize, j = row % (headSize / 2), half = row % headSize / (headSize / 2);
                int from = (head * headSize) + (2 * j) + half;
                Assert.That(query.AsSpan(row * Width, Width).SequenceEqual(stored.AsSpan(from * Width, Width)), $"row {row}");
            }
        });
    }

    /// <summary>With an offset beside the product a value is a sum, which the file's reader rounds to F32.</summary>
    private static double RoundingOfASum(string type, double largest) => type == "Q4_1" ? largest * Math.Pow(2, -23) : 0;

    private static Dictionary<string, float[]> Write(string path, string type)
    {
        GgufBuilder file = Model("phi3");
        Dictionary<string, float[]> values = [];
        foreach ((string stored, string name, int rows) in new[]
        {
            ("token_embd.weight", WeightNames.Embedding, Vocabulary), ("output.weight", WeightNames.Head, Vocabulary),
            ("blk.0.attn_qkv.weight", WeightNames.Qkv(0), 2 * Width), ("blk.0.attn_output.weight", WeightNames.Output(0), Width),
            ("blk.0.ffn_up.weight", WeightNames.GateUp(0), 2 * Width), ("blk.0.ffn_down.weight", WeightNames.Down(0), Width),
        })
        {
            (byte[] bytes, values[name]) = Matrix(type, rows, Width);
            file.Tensor(stored, Types[type], [rows, Width], bytes);
        }

        foreach (string norm in (string[])["blk.0.attn_norm.weight", "blk.0.ffn_norm.weight", "output_norm.weight"])
        {
            file.Tensor(norm, F32, [Width], new byte[4 * Width]);
        }

        File.WriteAllBytes(path, file.Build());
        return values;
    }

    private static GgufBuilder Model(string family)
    {
        GgufBuilder file = new GgufBuilder()
            .Add("general.architecture", family).Add($"{family}.context_length", 64u).Add($"{family}.embedding_length", (uint)Width)
            .Add($"{family}.feed_forward_length", (uint)Width).Add($"{family}.block_count", 1u).Add($"{family}.attention.head_count", 4u)
            .Add($"{family}.attention.head_count_kv", family == "llama" ? 4u : 2u).Add($"{family}.attention.layer_norm_rms_epsilon", 1e-5f)
            .Add($"{family}.rope.dimension_count", 64u).Add($"{family}.rope.freq_base", 10000f);
        return family == "phi3" ? file : file.Tensor("token_embd.weight", F32, [Vocabulary, Width], new byte[4 * Vocabulary * Width]);
    }

    private static (byte[] Bytes, float[] Values) Matrix(string type, int rows, int columns)
    {
        Random random = new(rows);
        if (type is "F32" or "F16" or "BF16")
        {
            float[] some = [.. Enumerable.Range(0, rows * columns).Select(_ => (float)(Half)(random.NextDouble() - 0.5))];
            DType dtype = Enum.Parse<DType>(type);
            byte[] narrow = new byte[some.Length * dtype.SizeInBytes()];
            FloatCodec.Narrow(some, dtype, narrow);
            FloatCodec.Widen(narrow, dtype, some);
            return (narrow, some);
        }

        List<byte> bytes = [];
        List<float> values = [];
        while (values.Count < rows * columns)
        {
            (byte[] block, float[] worth) = GgufPacks.Random(type, random);
            bytes.AddRange(block);
            values.AddRange(worth);
        }

        return ([.. bytes], [.. values]);
    }
}
