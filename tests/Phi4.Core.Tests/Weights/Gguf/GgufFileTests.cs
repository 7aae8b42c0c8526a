// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Weights.Gguf;

namespace Phi4.Core.Tests.Weights.Gguf;

[TestFixture]
public sealed class GgufFileTests
{
    [TestCaseSource(typeof(HostileGguf), nameof(HostileGguf.All))]
    public void Open_HostileFile_IsRefusedForItsReason(object hostile)
    {
        HostileFile file = (HostileFile)hostile;
        using TemporaryFolder folder = new();
        string path = folder[$"{file.Attack}.gguf"];
        File.WriteAllBytes(path, file.Bytes);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => GgufFile.Open(path).Dispose())!;
        Assert.Multiple(() =>
        {
            Assert.That(error.File, Is.EqualTo(path));
            foreach (string word in file.Words)
            {
                Assert.That(error.Message, Does.Contain(word));
            }
        });
    }

    [Test]
    public void Open_TheSoundFileBehindTheHostileOnes_Succeeds()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["sound.gguf"], HostileGguf.Sound.Build());
        using GgufFile file = GgufFile.Open(folder["sound.gguf"]);
        Assert.Multiple(() =>
        {
            Assert.That(file.Tensors.Select(tensor => $"{tensor.Name} {tensor.Signature}"), Is.EqualTo(new[] { "a F32 [2, 4]", "b F32 [4]" }));
            Assert.That(file.Metadata.OptionalText("general.architecture"), Is.EqualTo("phi3"));
            Assert.That(file.Metadata.OptionalInt("some.number", 0, 10), Is.EqualTo(7));
            Assert.That(file.Metadata.Texts("some.list"), Is.EqualTo(new[] { "a", "b" }));
        });
    }

    [Test]
    public void Open_VersionTwoAndAnotherAlignment_FindsTheData([Values(8, 64, 4096)] int alignment)
    {
        using TemporaryFolder folder = new();
        var builder = new GgufBuilder { Version = 2, Alignment = alignment };
        builder.Add("general.alignment", (uint)alignment)
            .Tensor("a", 0, [1], BitConverter.GetBytes(1.5f)).Tensor("b", 0, [2, 1], [.. BitConverter.GetBytes(2f), .. BitConverter.GetBytes(-3f)]);
        File.WriteAllBytes(folder["a.gguf"], builder.Build());
        using GgufFile file = GgufFile.Open(folder["a.gguf"]);
        Assert.Multiple(() =>
        {
            Assert.That(file.Values(file.Find("a")!), Is.EqualTo(new[] { 1.5f }));
            Assert.That(BitConverter.ToSingle(file.Row(file.Find("b")!, 1)), Is.EqualTo(-3));
            Assert.That(file.Find("b")!.FileOffset % alignment, Is.Zero);
        });
    }

    [Test]
    public void Open_EveryKindOfValue_IsReadAsItIs()
    {
        using TemporaryFolder folder = new();
        GgufBuilder builder = new GgufBuilder()
            .Pair("u8", 0, writer => writer.Write((byte)200)).Pair("i8", 1, writer => writer.Write((sbyte)-100))
            .Pair("u16", 2, writer => writer.Write((ushort)60000)).Pair("i16", 3, writer => writer.Write((short)-30000))
            .Add("u32", 4_000_000_000u).Add("i32", -2_000_000_000).Add("f32", 0.1f).Add("yes", true)
            .Pair("u64", 10, writer => writer.Write(1ul << 40)).Pair("i64", 11, writer => writer.Write(-(1L << 40)))
            .Pair("f64", 12, writer => writer.Write(0.1)).Add("ints", [3, -4])
            .Tensor("a", 0, [1], new byte[4]);
        File.WriteAllBytes(folder["a.gguf"], builder.Build());
        using GgufFile file = GgufFile.Open(folder["a.gguf"]);
        string[] shown = [.. new[] { "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f64" }.Select(file.Metadata.Show)];
        Assert.Multiple(() =>
        {
            Assert.That(shown, Is.EqualTo(new[] { "200", "-100", "60000", "-30000", "4000000000", "-2000000000", "1099511627776", "-1099511627776", "0.1" }));
            Assert.That((float)file.Metadata.PositiveNumber("f32"), Is.EqualTo(0.1f));
            Assert.That(file.Metadata.Flag("yes"), Is.True);
            Assert.That(file.Metadata.OptionalIntegers("ints"), Is.EqualTo(new[] { 3L, -4 }));
        });
    }

    [Test]
    public void Parse_AnyCutOrFlippedByteOfASoundHeader_ThrowsOnlyTheTypedError()
    {
        byte[] sound = HostileGguf.Sound.Build();
        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte, Gen.Int[0, sound.Length]).Sample(
            (position, value, length) =>
            {
                byte[] bytes = [.. sound];
                bytes[position] = value;
                try
                {
                    GgufHeader.Parse(bytes.AsSpan(0, length), length, "flipped");
                }
                catch (ModelFormatException)
                {
                }
            },
            iter: 20_000);
    }
}
