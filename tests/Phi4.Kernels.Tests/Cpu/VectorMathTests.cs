// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu;

namespace Phi4.Kernels.Tests.Cpu;

public sealed unsafe class VectorMathTests
{
    [Test]
    public void Exp_EveryExponent_IsWithinOneAndAHalfUlpAndTheSameAtEveryWidth()
    {
        const int count = 1 << 16;
        var inputs = new float[count];
        for (int i = 0; i < count; i++)
        {
            inputs[i] = -106 + (196f * i / count);
        }

        float[] scalar = Exp<ScalarOps, float>(inputs);
        double worst = 0;
        for (int i = 0; i < count; i++)
        {
            double exact = Math.Exp(inputs[i]);
            double ulp = Math.Max(Math.Pow(2, Math.Floor(Math.Log2(exact)) - 23), Math.Pow(2, -149));
            if (exact < float.MaxValue)
            {
                worst = Math.Max(worst, Math.Abs(scalar[i] - exact) / ulp);
            }
            else
            {
                Assert.That(scalar[i], Is.EqualTo(float.PositiveInfinity), $"e^{inputs[i]}");
            }
        }

        Assert.Multiple(() =>
        {
            Assert.That(worst, Is.LessThan(1.5), "ulp");
            Assert.That(Exp<Vector128Ops, Vector128<float>>(inputs), Is.EqualTo(scalar));
            Assert.That(Exp<Vector256Ops, Vector256<float>>(inputs), Is.EqualTo(scalar));
            Assert.That(Exp<Vector512Ops, Vector512<float>>(inputs), Is.EqualTo(scalar));
        });
        TestContext.Out.WriteLine($"exp: {worst:F3} ulp at most");
    }

    [Test]
    public void Exp_Ends_AreExact()
    {
        float[] inputs = [float.NegativeInfinity, float.PositiveInfinity, float.NaN, 0, -0f, -1e30f, 1e30f, -200];
        Assert.That(Exp<ScalarOps, float>(inputs), Is.EqualTo(new[] { 0, float.PositiveInfinity, float.NaN, 1, 1, 0, float.PositiveInfinity, 0 }));
    }

    [Test]
    public void Widening_Every16BitPattern_IsExact()
    {
        var bits = new ushort[1 << 16];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = (ushort)i;
        }

        float[] halves = [.. bits.Select(b => (float)BitConverter.UInt16BitsToHalf(b))];
        float[] brains = [.. bits.Select(BFloat16.ToSingle)];
        Check<ScalarOps, float>(bits, halves, brains);
        Check<Vector128Ops, Vector128<float>>(bits, halves, brains);
        Check<Vector256Ops, Vector256<float>>(bits, halves, brains);
        Check<Vector512Ops, Vector512<float>>(bits, halves, brains);
    }

    [Test]
    public void Sum_OfSixteenLanes_FollowsTheTree()
    {
        float[] lanes = [.. Enumerable.Range(0, 64).Select(i => MathF.Pow(-1.7f, i % 23))];
        fixed (float* p = lanes)
        {
            Vector128<float> four = VectorMath.SumFour(p);
            for (int run = 0; run < 4; run++)
            {
                float[] x = lanes[(run * 16)..((run + 1) * 16)];
                for (int distance = 8; distance > 0; distance /= 2)
                {
                    for (int i = 0; i < distance; i++)
                    {
                        x[i] += x[i + distance];
                    }
                }

                Assert.That((VectorMath.Sum(p + (run * 16)), four[run]), Is.EqualTo((x[0], x[0])));
            }
        }
    }

    private static float[] Exp<TOps, TV>(float[] inputs)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        var results = new float[inputs.Length];
        fixed (float* from = inputs, to = results)
        {
            for (int i = 0; i < inputs.Length; i += TOps.Count)
            {
                TOps.Store(to + i, VectorMath.Exp<TOps, TV>(TOps.Load(from + i)));
            }
        }

        return results;
    }

    private static void Check<TOps, TV>(ushort[] bits, float[] halves, float[] brains)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        float* found = stackalloc float[16];
        fixed (ushort* from = bits)
        {
            for (int i = 0; i < bits.Length; i += TOps.Count)
            {
                TOps.Store(found, TOps.LoadHalf(from + i));
                Assert.That(new ReadOnlySpan<float>(found, TOps.Count).SequenceEqual(halves.AsSpan(i, TOps.Count)), $"f16 near {i:X4}");
                TOps.Store(found, TOps.LoadBFloat16(from + i));
                Assert.That(new ReadOnlySpan<float>(found, TOps.Count).SequenceEqual(brains.AsSpan(i, TOps.Count)), $"bf16 near {i:X4}");
            }
        }
    }
}
