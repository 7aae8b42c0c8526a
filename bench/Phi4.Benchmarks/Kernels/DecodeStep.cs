// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Benchmarks.Kernels;

/// <summary>The norms and linears of one decode step: for each layer norm, Q, K, V, O, norm, gate and up, down. Attention is left out.</summary>
internal sealed class DecodeStep : IDisposable
{
    private readonly IKernels _kernels;
    private readonly KernelBuffer _weights;
    private readonly KernelBuffer _activations;
    private readonly TensorView[][] _layers;
    private readonly TensorView _hidden, _normed, _query, _key, _value, _gated, _norm;

    public DecodeStep(IKernels kernels, int layers, int hidden, int mlp)
    {
        _kernels = kernels;
        int kv = hidden / 4;
        (int Rows, int Columns)[] shapes = [(hidden, hidden), (kv, hidden), (kv, hidden), (hidden, hidden), (mlp, hidden), (mlp, hidden), (hidden, mlp)];
        WeightBytes = layers * shapes.Sum(shape => 2L * shape.Rows * shape.Columns);
        _weights = kernels.Allocate(WeightBytes, "weights");
        Fill(_weights);
        long offset = 0;
        _layers = new TensorView[layers][];
        for (int i = 0; i < layers; i++)
        {
            _layers[i] = new TensorView[shapes.Length];
            for (int j = 0; j < shapes.Length; j++)
            {
                _layers[i][j] = _weights.View(DType.BF16, shapes[j].Rows, shapes[j].Columns, offset);
                offset += 2L * shapes[j].Rows * shapes[j].Columns;
            }
        }

        _activations = kernels.Allocate(8L * sizeof(float) * mlp, "activations");
        TensorView At(int place, int columns) => _activations.View(DType.F32, 1, columns, (long)place * sizeof(float) * mlp);
        (_hidden, _normed, _query, _key, _value, _gated, _norm) =
            (At(0, hidden), At(1, hidden), At(2, hidden), At(3, kv), At(4, kv), At(5, mlp), At(6, hidden));
        kernels.Write<float>(_hidden, Enumerable.Repeat(0.5f, hidden).ToArray());
        kernels.Write<float>(_norm, Enumerable.Repeat(1e-3f, hidden).ToArray());
    }

    public long WeightBytes { get; }

    public void Run()
    {
        foreach (TensorView[] w in _layers)
        {
            _kernels.RmsNorm(_normed, _hidden, _norm, 1e-5f);
            _kernels.Linear(_query, _normed, w[0], TensorView.None, LinearEpilogue.None);
            _kernels.Linear(_key, _normed, w[1], TensorView.None, LinearEpilogue.None);
            _kernels.Linear(_value, _normed, w[2], TensorView.None, LinearEpilogue.None);
            _kernels.Linear(_hidden, _query, w[3], TensorView.None, LinearEpilogue.AddResidual);
            _kernels.RmsNorm(_normed, _hidden, _norm, 1e-5f);
            _kernels.LinearSwiGlu(_gated, _normed, w[4], w[5]);
            _kernels.Linear(_hidden, _gated, w[6], TensorView.None, LinearEpilogue.AddResidual);
        }
    }

    public void Dispose()
    {
        _weights.Dispose();
        _activations.Dispose();
    }

    // Small finite bf16 values of both signs.
    private static unsafe void Fill(KernelBuffer buffer)
    {
        ushort* values = (ushort*)buffer.View(DType.BF16, 1, 1).Address;
        uint state = 1;
        for (long i = 0; i < buffer.ByteCount / 2; i++)
        {
            state = (state * 1664525) + 1013904223;
            values[i] = (ushort)(0x3A00 + ((state >> 16) & 0x81FF));
        }
    }
}
