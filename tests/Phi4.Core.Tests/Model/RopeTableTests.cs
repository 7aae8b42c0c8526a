// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Model;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Model;

internal sealed class RopeTableTests
{
    private static readonly RopeConfig Plain = new() { Theta = 10000, RotarySize = 8 };

    [Test]
    public void Build_Plain_HasCosThenSinOfEachAngle()
    {
        float[] table = RopeTable.Build(Plain, contextLength: 3);
        Assert.That(table, Has.Length.EqualTo(3 * 8));
        for (int i = 0; i < 4; i++)
        {
            double angle = 2 / Math.Pow(10000, i / 4.0);
            Assert.That(table[2 * 8 + i], Is.EqualTo(Math.Cos(angle)).Within(1e-6));
            Assert.That(table[2 * 8 + 4 + i], Is.EqualTo(Math.Sin(angle)).Within(1e-6));
        }
    }

    [Test]
    public void Build_Linear_DividesPositions()
    {
        float[] stretched = RopeTable.Build(Plain with { Scaling = new LinearRopeScaling(2) }, contextLength: 5);
        float[] plain = RopeTable.Build(Plain, contextLength: 3);
        Assert.That(stretched[(4 * 8)..(5 * 8)], Is.EqualTo(plain[(2 * 8)..(3 * 8)]).Within(1e-6f).AsCollection);
    }

    [Test]
    public void Build_Llama3_KeepsHighDividesLowBlendsBetween()
    {
        // Llama 3.1's numbers at head size 128: wavelengths below 8192/4 are kept, above 8192 divided by 8.
        var rope = new RopeConfig { Theta = 500000, RotarySize = 128, Scaling = new Llama3RopeScaling(8, 1, 4, 8192) };
        float[] scaled = RopeTable.InverseFrequencies(rope, longRegime: false);
        float[] plain = RopeTable.InverseFrequencies(rope with { Scaling = null }, longRegime: false);
        for (int i = 0; i < 64; i++)
        {
            double wavelength = 2 * Math.PI / plain[i];
            double ratio = plain[i] / scaled[i];
            double expected = wavelength < 2048 ? 1 : wavelength > 8192 ? 8 : double.NaN;
            if (double.IsNaN(expected))
            {
                Assert.That(ratio, Is.InRange(1, 8), $"frequency {i}");
            }
            else
            {
                Assert.That(ratio, Is.EqualTo(expected).Within(1e-5), $"frequency {i}");
            }
        }
    }

    [Test]
    public void Build_LongRope_HasBothRegimesAndTheAttentionFactor()
    {
        var scaling = new LongRopeScaling([1, 1, 1, 1], [2, 2, 2, 2], OriginalMaxPositions: 4, AttentionFactor: 1.5);
        RopeConfig rope = Plain with { Scaling = scaling };
        RopeRows rows = RopeRows.Of(rope);
        Assert.That((rows.Offset(4), rows.Offset(5), rows.Count(4), rows.Count(10)), Is.EqualTo((0, 4, 4, 14)));

        float[] table = RopeTable.Build(rope, contextLength: 10);
        float[] plain = RopeTable.Build(Plain, contextLength: 10);
        Assert.That(table, Has.Length.EqualTo(14 * 8));
        for (int i = 0; i < 8; i++)
        {
            Assert.That(table[3 * 8 + i], Is.EqualTo(1.5 * plain[3 * 8 + i]).Within(1e-6), "short regime, position 3");
            Assert.That(table[(4 + 6) * 8 + i], Is.EqualTo(1.5 * plain[3 * 8 + i]).Within(1e-6), "long regime, position 6 at half speed");
        }
    }

    [Test]
    public void Build_OfAGoldenModel_EqualsItsTrace([Values("tiny-phi4", "tiny-phi4-mini", "tiny-phi4-sharded")] string name)
    {
        GoldenModel golden = GoldenModel.Read(name);
        ModelConfig config = ModelConfigReader.Read(Path.Combine(golden.Folder, "config.json"));
        int position = golden.StatesPromptLength - 1;
        float[] table = RopeTable.Build(config.Rope, config.MaxPositions);
        int size = config.Rope.RotarySize;
        float[] cos = golden.LayerZeroTrace["rope_cos"].First[..Math.Min(8, size / 2)];
        float[] sin = golden.LayerZeroTrace["rope_sin"].First[..Math.Min(8, size / 2)];
        Assert.That(table[(position * size)..(position * size + cos.Length)], Is.EqualTo(cos).Within(1e-6f).AsCollection);
        Assert.That(table[(position * size + size / 2)..(position * size + size / 2 + sin.Length)], Is.EqualTo(sin).Within(1e-6f).AsCollection);
    }
}
