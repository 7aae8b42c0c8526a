// SPDX-License-Identifier: MIT
using Phi4.Core.Weights;
using Phi4.Core.Weights.Gguf;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Gguf;

[TestFixture]
public sealed class GgufBlocksTests
{
    private static readonly string[] Types =
        ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS"];

    [TestCaseSource(nameof(Types))]
    public void Dequantize_BlocksOfKnownCodes_GivesTheFormatsValues(string name)
    {
        (byte[] bytes, float[] values) = Blocks(name, 20);
        float[] found = new float[values.Length];
        GgufBlocks.Dequantize(Enum.Parse<GgufType>(name), bytes, found);
        Assert.That(found, Is.EqualTo(values).AsCollection);
    }

    [TestCaseSource(nameof(Types))]
    public void Type_OfKnownBlocks_HasTheirSize(string name)
    {
        GgufType type = Enum.Parse<GgufType>(name);
        (byte[] bytes, float[] values) = Blocks(name, 1);
        Assert.That((type.BytesPerBlock(), type.ValuesPerBlock()), Is.EqualTo((bytes.Length, values.Length)));
    }

    [Test]
    public void Read_TypesWhoseCodesFit_IsWorthExactlyTheSame([Values("Q4_0", "Q4_1", "Q5_0", "Q8_0", "IQ4_NL")] string name)
    {
        (float[] values, float[] found) = Repacked(name);
        Assert.That(found, Is.EqualTo(values).AsCollection);
    }

    [Test]
    public void Read_TypesWithScalesOfScales_IsOffByTheirRoundingAlone([Values("Q4_K", "IQ4_XS")] string name)
    {
        (float[] values, float[] found) = Repacked(name);
        for (int block = 0; block < values.Length; block += 32)
        {
            // F16 keeps eleven bits: half a unit of the scale, times a code of at most 8 or 127, and half a unit of the offset.
            float largest = values.AsSpan(block, 32).ToArray().Max(MathF.Abs);
            float spread = values.AsSpan(block, 32).ToArray().Max() - values.AsSpan(block, 32).ToArray().Min();
            for (int i = block; i < block + 32; i++)
            {
                Assert.That(found[i], Is.EqualTo(values[i]).Within((2 * largest + spread) * MathF.Pow(2, -11)), $"{name} value {i}");
            }
        }
    }

    [Test]
    public void Requantize_TheOtherTypes_IsOffByHalfAStepAtMost([Values("Q5_1", "Q2_K", "Q3_K", "Q5_K", "Q6_K")] string name)
    {
        (float[] values, float[] found) = Repacked(name);
        for (int block = 0; block < values.Length; block += 32)
        {
            float step = values.AsSpan(block, 32).ToArray().Max(MathF.Abs) / 127;
            for (int i = block; i < block + 32; i++)
            {
                Assert.That(found[i], Is.EqualTo(values[i]).Within(0.51f * step + (127 * step * MathF.Pow(2, -11))), $"{name} value {i}");
            }
        }
    }

    [Test]
    public void Requantize_ExtremeBlocks_StayFinite()
    {
        float[] tiny = [.. Enumerable.Range(0, 32).Select(i => i * 3e-7f)];
        float[] subnormal = [.. Enumerable.Range(0, 32).Select(i => i * 1e-9f)];
        float[] zero = new float[32];
        Half[] scales = new Half[3];
        byte[] codes = new byte[96];
        NearestInt8.Encode([.. tiny, .. subnormal, .. zero], codes, scales);
        Assert.Multiple(() =>
        {
            Assert.That((float)scales[0] * (sbyte)codes[31], Is.EqualTo(tiny[31]).Within(tiny[31] * 0.01f));
            Assert.That(codes[32..], Is.All.InRange((byte)0, (byte)127));
            Assert.That(codes[64..], Is.All.Zero);
            Assert.That(scales[2], Is.EqualTo(Half.Zero));
        });
    }

    private static (byte[] Bytes, float[] Values) Blocks(string name, int count)
    {
        var random = new Random(name.Sum(c => c));
        (byte[] Bytes, float[] Values)[] blocks = [.. Enumerable.Range(0, count).Select(_ => GgufPacks.Random(name, random))];
        return ([.. blocks.SelectMany(block => block.Bytes)], [.. blocks.SelectMany(block => block.Values)]);
    }

    /// <summary>A row's values, and what its codes, scales and offsets are worth by the contract of the weight views.</summary>
    private static (float[] Values, float[] Found) Repacked(string name)
    {
        GgufType type = Enum.Parse<GgufType>(name);
        (byte[] bytes, float[] values) = Blocks(name, 16);
        BlockFormat format = GgufCodes.FormatOf(type)!.Value;
        byte[] codes = new byte[values.Length];
        Half[] scales = new Half[values.Length / 32], offsets = new Half[values.Length / 32];
        if (GgufCodes.KeepsCodes(type))
        {
            GgufCodes.Read(type, bytes, codes, scales, offsets);
        }
        else
        {
            NearestInt8.Encode(values, codes, scales);
        }

        float worth(int i) => ((float)scales[i / 32] * (format.Format == WeightFormat.Int8 ? (sbyte)codes[i] : format.Table[codes[i]])) + (float)offsets[i / 32];
        return (values, [.. Enumerable.Range(0, values.Length).Select(worth)]);
    }
}
