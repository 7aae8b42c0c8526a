// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

[TestFixture]
public sealed class FloatCodecTests
{
    private static readonly ushort[] AllBits = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];

    [Test]
    public void Widen_EveryF16AndBF16_IsTheValueOfItsBits([Values(65536, 13)] int count)
    {
        float[] half = new float[count];
        float[] brain = new float[count];
        ushort[] bits = AllBits[^count..];
        FloatCodec.Widen(MemoryMarshal.AsBytes<ushort>(bits), DType.F16, half);
        FloatCodec.Widen(MemoryMarshal.AsBytes<ushort>(bits), DType.BF16, brain);
        Assert.Multiple(() =>
        {
            Assert.That(half, Is.EqualTo(bits.Select(value => (float)BitConverter.UInt16BitsToHalf(value))).AsCollection);
            Assert.That(brain, Is.EqualTo(bits.Select(BFloat16.ToSingle)).AsCollection);
        });
    }

    [TestCase(DType.F16)]
    [TestCase(DType.BF16)]
    [TestCase(DType.F32)]
    public void Narrow_WidenedValues_GivesTheirBitsBack(DType dtype)
    {
        ushort[] bits = [.. AllBits.Where(value => (value & 0x7F80) != 0x7F80 && (value & 0x7C00) != 0x7C00)];
        byte[] bytes = MemoryMarshal.AsBytes<ushort>(bits).ToArray();
        float[] values = new float[bytes.Length / dtype.SizeInBytes()];
        FloatCodec.Widen(bytes, dtype, values);
        byte[] back = new byte[bytes.Length];
        FloatCodec.Narrow(values, dtype, back);
        Assert.That(back, Is.EqualTo(bytes).AsCollection);
    }

    [Test]
    public void Widen_OtherTypes_AreRefused() =>
        Assert.That(() => FloatCodec.Widen(new byte[8], DType.I32, new float[2]), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
