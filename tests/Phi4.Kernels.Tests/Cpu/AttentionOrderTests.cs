// SPDX-License-Identifier: MIT
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests.Cpu;

/// <summary>Attention against a plain loop that follows docs/numerics.md: every bit, at every width, with machine code and without.</summary>
[TestFixture("cpu-machine")]
[TestFixture("cpu-512")]
[TestFixture("cpu-256")]
[TestFixture("cpu-128")]
[TestFixture("cpu-scalar")]
internal sealed class AttentionOrderTests(string backend)
{
    [Test]
    public void Attention_AnyShape_IsTheStatedOrder(
        [Values(DType.F32, DType.BF16, DType.I8)] DType type, [Values(1, 3, 4, 5)] int group, [Values(16, 33, 80, 128)] int headSize, [Values(int.MaxValue, 1, 37, 300)] int window)
    {
        using IKernels kernels = Backends.Create(backend);
        using var test = new AttentionCase(headSize + group, group, 2, headSize, 32, type, (0, 35), (250, 9), (511, 2), (777, 1));
        Compare.SameBits(test.RunAll(kernels, window), test.InOrder(window), $"{type}, group {group}, head {headSize}, window {window}");
    }

    [Test]
    public void Attention_LongDecode_IsTheStatedOrder([Values(DType.F32, DType.BF16, DType.I8)] DType type)
    {
        using IKernels kernels = Backends.Create(backend);
        using var test = new AttentionCase(5, 4, 1, 64, 32, type, (1999, 1));
        Compare.SameBits(test.RunAll(kernels), test.InOrder(), $"{type}");
    }

    [Test]
    public void Attention_TinyNumbers_AreTheStatedOrder([Values(1e-6f, 1e-12f, 1e-17f, 1e-38f)] float size, [Values(1f, 300f)] float querySize)
    {
        using IKernels kernels = Backends.Create(backend);
        using var test = new AttentionCase(6, 2, 1, 16, 16, DType.BF16, (0, 40), (300, 3));
        for (int t = 0; t < test.Query.View.Rows; t++)
        {
            for (int i = 0; i < test.Query.View.Columns; i++)
            {
                test.Query[t, i] *= querySize;
            }
        }

        for (int p = 0; p < 303; p++)
        {
            for (int i = 0; i < 16; i++)
            {
                float value = (p % 3) - 1 + (i / 16f);
                test.Poison(p < 40 ? 0 : 1, p < 40 ? p : p - 40, 0, isValue: true, i, BFloat16.ToSingle(KvRounding.ToBFloat16(value * size)));
            }
        }

        Compare.SameBits(test.RunAll(kernels), test.InOrder(), $"values of {size}");
    }

    [Test]
    public void Attention_BadValues_ChangeOnlyRowsThatSeeThem([Values(DType.F32, DType.BF16, DType.I8)] DType type, [Values(float.NaN, float.PositiveInfinity)] float bad)
    {
        using IKernels kernels = Backends.Create(backend);
        using var test = new AttentionCase(7, 2, 1, 32, 16, type, (0, 30), (300, 20));
        float[,] before = test.RunAll(kernels, window: 12);
        test.Poison(0, 13, 0, isValue: true, 4, bad);
        test.Poison(1, 310, 0, isValue: false, 4, bad);
        float[,] after = test.RunAll(kernels, window: 12);
        for (int t = 0; t < 50; t++)
        {
            bool sees = t < 30 ? t is >= 13 and < 25 : t - 30 is >= 10;
            bool changed = Enumerable.Range(0, 64).Any(i => !before[t, i].Equals(after[t, i]));
            Assert.That(changed, Is.EqualTo(sees), $"token {t}");
        }
    }
}
