// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

[TestFixture]
public sealed class SafetensorsWriterTests
{
    [Test]
    public void Write_EveryDType_ComesBackByteForByte()
    {
        using TemporaryFolder folder = new();
        DType[] dtypes = [.. Enum.GetValues<DType>().OrderByDescending(dtype => dtype.SizeInBytes())];
        byte[] data(DType dtype) => [.. Enumerable.Range(0, 6 * dtype.SizeInBytes()).Select(i => (byte)(i * 37 + (int)dtype))];
        using (SafetensorsWriter writer = SafetensorsWriter.Create(
            folder["all"], [.. dtypes.Select(dtype => (dtype.ToString(), dtype, (IReadOnlyList<long>)[2, 3]))], new Dictionary<string, string> { ["format"] = "pt" }))
        {
            foreach (DType dtype in dtypes)
            {
                writer.Write(dtype.ToString(), data(dtype));
            }

            writer.Complete();
        }

        using SafetensorsFile file = SafetensorsFile.Open(folder["all"]);
        Assert.Multiple(() =>
        {
            Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
            Assert.That(file.Tensors, Has.Count.EqualTo(dtypes.Length));
            foreach (DType dtype in dtypes)
            {
                TensorInfo tensor = file.Find(dtype.ToString())!;
                Assert.That(tensor.DType, Is.EqualTo(dtype));
                Assert.That(file.Bytes(tensor).ToArray(), Is.EqualTo(data(dtype)));
            }
        });
    }

    [Test]
    public void Write_AnyShapesInAnyPieces_ComeBack() =>
        Gen.Select(Gen.Int[0, 5].Array[0, 3].Array[1, 6], Gen.Int[1, 64]).Sample(
            (shapes, piece) =>
            {
                using TemporaryFolder folder = new();
                IReadOnlyList<long>[] sizes = [.. shapes.Select(shape => shape.Select(size => (long)size).ToArray())];
                byte[][] data = [.. sizes.Select((shape, i) => Enumerable.Range(0, (int)shape.Aggregate(4L, (a, b) => a * b)).Select(j => (byte)(j + i)).ToArray())];
                using (SafetensorsWriter writer = SafetensorsWriter.Create(folder["x"], [.. sizes.Select((shape, i) => ($"t{i}", DType.F32, shape))]))
                {
                    for (int i = 0; i < data.Length; i++)
                    {
                        foreach (byte[] part in data[i].Chunk(piece))
                        {
                            writer.Write($"t{i}", part);
                        }
                    }

                    writer.Complete();
                }

                using SafetensorsFile file = SafetensorsFile.Open(folder["x"]);
                return sizes.Select((shape, i) => file.Find($"t{i}") is { } tensor && tensor.Shape.SequenceEqual(shape)
                    && file.Bytes(tensor).SequenceEqual(data[i])).All(same => same);
            },
            iter: 200);

    [Test]
    public void Write_WrongOrderTooMuchOrTooLittle_IsRefused()
    {
        using TemporaryFolder folder = new();
        using SafetensorsWriter writer = SafetensorsWriter.Create(folder["x"], [("a", DType.U8, [4]), ("b", DType.U8, [4])]);
        Assert.Multiple(() =>
        {
            Assert.That(() => writer.Write("b", new byte[4]), Throws.TypeOf<ModelFormatException>());
            Assert.That(() => writer.Write("a", new byte[5]), Throws.TypeOf<ModelFormatException>());
            Assert.That(writer.Complete, Throws.TypeOf<ModelFormatException>().With.Message.Contains("a: expected 4 bytes, found 0"));
        });
    }

    [Test]
    public void Create_MisalignedDeclaration_IsRefused()
    {
        using TemporaryFolder folder = new();
        Assert.That(() => SafetensorsWriter.Create(folder["x"], [("a", DType.U8, [1]), ("b", DType.F32, [1])]), Throws.ArgumentException);
    }
}
