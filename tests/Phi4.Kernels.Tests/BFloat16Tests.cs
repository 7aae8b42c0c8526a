// SPDX-License-Identifier: MIT
using CsCheck;

namespace Phi4.Kernels.Tests;

public sealed class BFloat16Tests
{
    [TestCase(1f, 0x3F80)]
    [TestCase(1.00390625f, 0x3F80)] // half way: to even
    [TestCase(1.01171875f, 0x3F82)] // half way: to even, upwards
    [TestCase(float.MaxValue, 0x7F80)]
    [TestCase(float.NegativeInfinity, 0xFF80)]
    [TestCase(-0f, 0x8000)]
    public void FromSingle_KnownValues_Rounds(float value, int bits) => Assert.That(BFloat16.FromSingle(value), Is.EqualTo((ushort)bits));

    [Test]
    public void FromSingle_NaN_StaysNaN()
        => Assert.That(BFloat16.ToSingle(BFloat16.FromSingle(BitConverter.UInt32BitsToSingle(0x7F800001))), Is.NaN);

    [Test]
    public void FromSingle_AnyValue_IsTheNearest()
        => Gen.Float.Where(float.IsFinite).Sample(value =>
        {
            ushort bits = BFloat16.FromSingle(value);
            double error = Math.Abs((double)BFloat16.ToSingle(bits) - value);
            return float.IsInfinity(BFloat16.ToSingle(bits))
                || (error <= Math.Abs((double)BFloat16.ToSingle((ushort)(bits + 1)) - value) && error <= Math.Abs((double)BFloat16.ToSingle((ushort)(bits - 1)) - value))
                || bits is 0 or 0x8000;
        });
}
