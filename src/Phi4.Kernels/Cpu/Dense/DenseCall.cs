// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Dense;

/// <summary>Operands of one product with weights of plain floats. With <paramref name="Up"/> it is the gated form and <paramref name="Weight"/> is the gate.</summary>
internal readonly record struct DenseCall(TensorView Weight, TensorView Up, LinearEnd End)
{
    /// <summary>Matrices that the tokens are multiplied by.</summary>
    public int MatrixCount => Up.IsNone ? 1 : 2;

    public TensorView Matrix(int index) => index == 0 ? Weight : Up;
}
