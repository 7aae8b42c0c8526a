// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu.Dense;

/// <summary>Which kernel multiplies by which weights.</summary>
internal sealed class DenseKernels
{
    private readonly DenseKernel _single;
    private readonly DenseKernel _half;
    private readonly DenseKernel _bfloat16;

    private DenseKernels(DenseKernel single, DenseKernel half, DenseKernel bfloat16)
    {
        _single = single;
        _half = half;
        _bfloat16 = bfloat16;
    }

    /// <summary>Kernels of one vector width. BF16 weights: activations rounded to BF16, by machine code where there is some, or as they are.</summary>
    public static DenseKernels Create<TOps, TV>(bool roundsActivations, BFloat16Kernels? machineCode)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        => new(
            new SimdDenseKernel<TOps, TV, InOrder<SingleElement>>(),
            new SimdDenseKernel<TOps, TV, InOrder<HalfElement>>(),
            !roundsActivations ? new SimdDenseKernel<TOps, TV, InOrder<BFloat16Element>>()
                : machineCode is null ? new SimdDenseKernel<TOps, TV, BFloat16Pairs>()
                : new MachineDenseKernel<TOps, TV>(machineCode));

    /// <summary>The kernel for weights of this type.</summary>
    public DenseKernel For(DType weights) => weights switch
    {
        DType.F32 => _single,
        DType.BF16 => _bfloat16,
        _ => _half,
    };
}
