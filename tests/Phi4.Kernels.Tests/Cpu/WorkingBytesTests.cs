// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu;

namespace Phi4.Kernels.Tests.Cpu;

public sealed unsafe class WorkingBytesTests
{
    // Many rows matter only for the number of shares: a few tiles for each thread are enough.
    private const int Rows = 1024;

    [Test]
    public void Linear_OfManyTokens_KeepsNoMoreThanThePlanSays(
        [Values("f32", "bf16", "int8", "int4")] string format, [Values(16, 256, 700)] int tokens, [Values(512, 4096)] int columns, [Values(1, 2)] int threads)
    {
        using var kernels = (CpuKernels)CpuKernels.Create(new CpuOptions { ThreadCount = threads });
        using KernelBuffer weights = kernels.Allocate((long)Rows * columns * sizeof(float), "weights");
        using KernelBuffer activations = kernels.Allocate((long)tokens * (columns + Rows) * sizeof(float), "activations");
        new Span<byte>((void*)weights.DangerousGetHandle(), (int)weights.ByteCount).Clear();
        new Span<byte>((void*)activations.DangerousGetHandle(), (int)activations.ByteCount).Clear();
        TensorView source = activations.View(DType.F32, tokens, columns);
        TensorView result = activations.View(DType.F32, tokens, Rows, source.ByteCount);
        TensorView gated = activations.View(DType.F32, tokens, Rows / 2, source.ByteCount);
        nint blocks = weights.DangerousGetHandle();
        WeightView matrix = format switch
        {
            "int8" => WeightView.Int8(Rows, columns, blocks),
            "int4" => WeightView.Int4(Rows, columns, blocks, hasOffsets: false, Vector128<sbyte>.Zero),
            "bf16" => weights.View(DType.BF16, Rows, columns),
            _ => weights.View(DType.F32, Rows, columns),
        };
        kernels.Linear(result, source, matrix, TensorView.None, LinearEpilogue.None);
        kernels.LinearSwiGlu(gated, source, matrix.RowRange(0, Rows / 2), matrix.RowRange(Rows / 2, Rows / 2));
        Assert.That(kernels.HeldBytes, Is.Positive.And.LessThanOrEqualTo(CpuKernels.WorkingBytes(threads, tokens, columns)));
    }
}
