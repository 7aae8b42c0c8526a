// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

[TestFixture]
public sealed class FloatSourceTests
{
    [Test]
    public void ReadRows_AnyRangeOfAnyFloatType_GivesTheStoredValues([Values(DType.F32, DType.BF16, DType.F16)] DType dtype)
    {
        float[] values = [.. Enumerable.Range(0, 7 * 20).Select(i => (i - 70) / 4f)];
        byte[] stored = new byte[values.Length * dtype.SizeInBytes()];
        FloatCodec.Narrow(values, dtype, stored);
        using TemporaryFolder folder = new();
        using (SafetensorsWriter writer = SafetensorsWriter.Create(folder["model.safetensors"], [("a", dtype, [7, 20]), ("b", DType.I32, [2])]))
        {
            writer.Write("a", stored);
            writer.Write("b", new byte[8]);
            writer.Complete();
        }

        using FloatSource source = FloatSource.Open(folder.Path);
        SourceTensor tensor = source.Find("a")!;
        float[] rows = new float[3 * 20];
        source.ReadRows(tensor, 2, 3, rows);
        Assert.Multiple(() =>
        {
            Assert.That(rows, Is.EqualTo(values[40..100]).AsCollection);
            Assert.That((tensor.Rows, tensor.Columns, tensor.Floats, tensor.Blocks), Is.EqualTo((7, 20, (DType?)dtype, (BlockFormat?)null)));
            Assert.That((source.Map(tensor).Values.DType, source.Map(tensor).Rows, source.Map(tensor).Columns), Is.EqualTo((dtype, 7, 20)));
            Assert.That(source.Map(source.Find("b")!).IsNone, Is.True);
            Assert.That(() => source.ReadRows(source.Find("b")!, 0, 1, rows), Throws.TypeOf<ModelFormatException>().With.Message.Contains("I32 [2]"));
            Assert.That(source.Find("c"), Is.Null);
        });
    }

    [Test]
    public void BitsPerWeight_OfEachKind_CountsScalesAndOffsets() => Assert.Multiple(() =>
    {
        Assert.That(new BlockFormat(WeightFormat.Int8).BitsPerWeight, Is.EqualTo(8.5));
        Assert.That(new BlockFormat(WeightFormat.Int4).BitsPerWeight, Is.EqualTo(4.5));
        Assert.That(new BlockFormat(WeightFormat.Int4, HasOffsets: true).BitsPerWeight, Is.EqualTo(5));
        Assert.That(new BlockFormat(WeightFormat.Int4, HasOffsets: true).Layout.ByteCount(64, 96) * 8.0 / (64 * 96), Is.EqualTo(5));
    });
}
