// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Dense;

/// <summary>Activations to <see cref="TokenPanels"/>, rounded where the kernel wants it. A share does some of the tokens.</summary>
internal sealed unsafe class PackJob : Job
{
    private DenseKernel _kernel = null!;
    private TensorView _source;
    private TokenPanels _panels;

    /// <summary>Sets the operands. Caller's thread.</summary>
    public void Prepare(DenseKernel kernel, TensorView source, in TokenPanels panels)
    {
        _kernel = kernel;
        _source = source;
        _panels = panels;
    }

    public override void Run(int share, int shareCount)
    {
        (int start, int end) = Share.Range(_panels.TileCount * _panels.TileTokens, 1, share, shareCount);
        for (int t = start; t < end; t++)
        {
            Pack(t);
        }
    }

    private void Pack(int t)
    {
        TokenPanels panels = _panels;
        float* row = (float*)_source.Address + (t * _source.RowStride);
        int width = t < panels.TokenCount ? _source.Columns : 0;
        nint stride = panels.TileTokens * TokenPanels.VectorBytes;
        float* tail = stackalloc float[DenseKernel.StepInputs];
        for (int panel = 0; panel < panels.PanelCount; panel++)
        {
            int steps = panels.VectorsOf(panel) / _kernel.StepVectors;
            byte* destination = panels.Tile(panel, t / panels.TileTokens) + (t % panels.TileTokens * TokenPanels.VectorBytes);
            int whole = Math.Min(steps, width / DenseKernel.StepInputs);
            _kernel.Pack(row, whole, destination, stride);
            for (int step = whole; step < steps; step++)
            {
                int rest = Math.Max(0, Math.Min(DenseKernel.StepInputs, width - (step * DenseKernel.StepInputs)));
                new Span<float>(tail, DenseKernel.StepInputs).Clear();
                new ReadOnlySpan<float>(row + ((nint)step * DenseKernel.StepInputs), rest).CopyTo(new Span<float>(tail, rest));
                _kernel.Pack(tail, 1, destination + (step * _kernel.StepVectors * stride), stride);
            }

            row += (nint)steps * DenseKernel.StepInputs;
            width = Math.Max(0, width - (steps * DenseKernel.StepInputs));
        }
    }
}
