// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.State;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Model;

/// <summary>
/// One layer: h += Output(Attention(RoPE(Q, K), V)) over RMSNorm(h), then h += Down(silu(Gate) * Up) over RMSNorm(h).
/// </summary>
internal sealed class DecoderLayer(ModelConfig config, LayerWeights weights, IKernels kernels)
{
    private readonly float _scale = 1f / MathF.Sqrt(config.HeadSize);
    private readonly int _window = config.SlidingWindow ?? int.MaxValue;

    public void Forward(in StepTensors x, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        Project(x, ropeTable, cache, batch);
        kernels.Attention(x.Attended, x.Query, cache, batch, _scale, _window);
        kernels.Linear(x.Hidden, x.Attended, weights.Output, TensorView.None, LinearEpilogue.AddResidual);

        kernels.NormLinearSwiGlu(x.Activated, x.Hidden, Norm(x, weights.PostAttentionNorm), weights.Gate, weights.Up);
        kernels.Linear(x.Hidden, x.Activated, weights.Down, TensorView.None, LinearEpilogue.AddResidual);
    }

    // One call where one matrix holds all three: the norm's output is prepared and the threads are woken once.
    private void Project(in StepTensors x, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        if (!weights.QueryKeyValue.IsNone)
        {
            Projection projected = new(x.QueryKeyValue, x.Query, x.Key, x.Value);
            kernels.NormLinearRopeAndAppend(projected, x.Hidden, Norm(x, weights.InputNorm), weights.QueryKeyValue, ropeTable, cache, batch);
            return;
        }

        kernels.RmsNorm(x.Normed, x.Hidden, weights.InputNorm, config.RmsNormEpsilon);
        kernels.Linear(x.Query, x.Normed, weights.Query, weights.QueryBias, LinearEpilogue.None);
        kernels.Linear(x.Key, x.Normed, weights.Key, weights.KeyBias, LinearEpilogue.None);
        kernels.Linear(x.Value, x.Normed, weights.Value, weights.ValueBias, LinearEpilogue.None);
        kernels.RopeAndAppend(x.Query, x.Key, x.Value, ropeTable, cache, batch);
    }

    private RowNorm Norm(in StepTensors x, TensorView weight) => new(weight, config.RmsNormEpsilon, x.Normed);
}
