// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using CsCheck;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Weights;

[TestFixture]
public sealed class SafetensorsFileTests
{
    [TestCaseSource(typeof(HostileSafetensors), nameof(HostileSafetensors.All))]
    public void Open_HostileFile_IsRefusedForItsReason(object hostile)
    {
        HostileFile file = (HostileFile)hostile;
        using TemporaryFolder folder = new();
        string path = folder[$"{file.Attack}.safetensors"];
        File.WriteAllBytes(path, file.Bytes);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => SafetensorsFile.Open(path).Dispose())!;
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
        File.WriteAllBytes(folder["sound"], HostileSafetensors.Sound);
        using SafetensorsFile file = SafetensorsFile.Open(folder["sound"]);
        Assert.That(file.Tensors.Select(tensor => $"{tensor.Name} {tensor.Signature}"), Is.EqualTo(new[] { "a F32 [2, 3]", "b F32 [2]" }));
    }

    [Test]
    public void Open_AnyCutOrFlippedByteOfASoundHeader_ThrowsOnlyTheTypedError()
    {
        using TemporaryFolder folder = new();
        byte[] sound = HostileSafetensors.Sound;
        Gen.Select(Gen.Int[0, sound.Length - 33], Gen.Byte, Gen.Int[0, sound.Length]).Sample(
            (position, value, length) =>
            {
                byte[] bytes = [.. sound];
                bytes[position] = value;
                try
                {
                    SafetensorsHeader.Parse(bytes.AsSpan(8, Math.Min(sound.Length - 40, length)), length, "flipped");
                }
                catch (ModelFormatException)
                {
                }
            },
            iter: 20_000);
    }

    [Test]
    public void Open_NoSuchFileOrAFolder_IsRefused()
    {
        using TemporaryFolder folder = new();
        Assert.Multiple(() =>
        {
            Assert.That(() => SafetensorsFile.Open(folder["none"]), Throws.TypeOf<ModelFormatException>().With.Message.Contains("found none"));
            Assert.That(() => SafetensorsFile.Open(folder.Path), Throws.TypeOf<ModelFormatException>().With.Message.Contains("a folder"));
        });
    }

    [Test]
    public unsafe void View_MatrixVectorAndEmpty_PointIntoTheMapping()
    {
        using TemporaryFolder folder = new();
        using (SafetensorsWriter writer = SafetensorsWriter.Create(folder["x"], [("m", DType.F32, [2, 3]), ("v", DType.F32, [2]), ("e", DType.F32, [0, 3])]))
        {
            writer.Write("m", MemoryMarshal.AsBytes<float>([0, 1, 2, 3, 4, 5]));
            writer.Write("v", MemoryMarshal.AsBytes<float>([6, 7]));
            writer.Complete();
        }

        using SafetensorsFile file = SafetensorsFile.Open(folder["x"]);
        TensorView matrix = file.View(file.Find("m")!);
        TensorView vector = file.View(file.Find("v")!);
        TensorView empty = file.View(file.Find("e")!);
        Assert.Multiple(() =>
        {
            Assert.That((matrix.Rows, matrix.Columns, vector.Rows, vector.Columns, empty.Rows, empty.Columns), Is.EqualTo((2, 3, 1, 2, 0, 3)));
            Assert.That(((float*)matrix.RowRange(1, 1).Address)[2], Is.EqualTo(5));
            Assert.That(((float*)vector.Address)[1], Is.EqualTo(7));
        });
    }

    [Test]
    public void View_ScalarOrThreeDimensions_IsRefused()
    {
        using TemporaryFolder folder = new();
        using (SafetensorsWriter writer = SafetensorsWriter.Create(folder["x"], [("s", DType.F32, []), ("c", DType.F32, [1, 1, 1])]))
        {
            writer.Write("s", new byte[4]);
            writer.Write("c", new byte[4]);
            writer.Complete();
        }

        using SafetensorsFile file = SafetensorsFile.Open(folder["x"]);
        Assert.Multiple(() =>
        {
            Assert.That(file.Bytes(file.Find("s")!).Length, Is.EqualTo(4));
            Assert.That(() => file.View(file.Find("s")!), Throws.TypeOf<ModelFormatException>());
            Assert.That(() => file.View(file.Find("c")!), Throws.TypeOf<ModelFormatException>());
        });
    }

    [Test]
    public void Dispose_Twice_IsFineAndUseAfterwardsThrows()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["x"], HostileSafetensors.Sound);
        SafetensorsFile file = SafetensorsFile.Open(folder["x"]);
        file.Dispose();
        file.Dispose();
        Assert.That(() => file.Bytes(file.Find("a")!).Length, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Open_GoldenModel_ReadsItsFirstValues()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Goldens.Model("tiny-phi4-fp32"), "model.safetensors"));
        Assert.That(MemoryMarshal.Cast<byte, float>(file.Bytes(file.Find("model.norm.weight")!)).ToArray(), Has.Length.EqualTo(128).And.All.InRange(-10f, 10f));
    }
}
