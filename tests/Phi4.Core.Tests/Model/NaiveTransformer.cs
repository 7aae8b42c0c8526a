// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Model;

/// <summary>
/// The whole model once more, written from the published description alone, in float64, by tensor name, without cache, batch or kernels:
/// what the engine must agree with on architectures for which there are no recorded reference logits.
/// </summary>
internal sealed class NaiveTransformer(ModelConfig config, IReadOnlyDictionary<string, (DType DType, long[] Shape, byte[] Data)> tensors)
{
    /// <summary>Logits after each token: [T][V].</summary>
    public double[][] Logits(int[] tokens)
    {
        double[][] h = [.. tokens.Select(id => Row(Tensor("model.embed_tokens.weight"), id, config.HiddenSize))];
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            double[][] x = [.. h.Select(row => Norm(row, prefix + "input_layernorm.weight"))];
            Add(h, Attend(x, prefix + "self_attn."));
            x = [.. h.Select(row => Norm(row, prefix + "post_attention_layernorm.weight"))];
            Add(h, [.. x.Select(row => Mlp(row, prefix + "mlp."))]);
        }

        string head = config.TieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
        return [.. h.Select(row => Project(Norm(row, "model.norm.weight"), head))];
    }

    private double[][] Attend(double[][] x, string prefix)
    {
        int d = config.HeadSize;
        double[][] q = [.. x.Select(row => Part(row, prefix, "q_proj", 0, config.HeadCount * d))];
        double[][] k = [.. x.Select(row => Part(row, prefix, "k_proj", config.HeadCount * d, config.KvHeadCount * d))];
        double[][] v = [.. x.Select(row => Part(row, prefix, "v_proj", (config.HeadCount + config.KvHeadCount) * d, config.KvHeadCount * d))];
        for (int t = 0; t < x.Length; t++)
        {
            Rotate(q[t], t, x.Length);
            Rotate(k[t], t, x.Length);
        }

        var attended = new double[x.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            attended[t] = new double[config.HeadCount * d];
            for (int head = 0; head < config.HeadCount; head++)
            {
                int kv = head / (config.HeadCount / config.KvHeadCount) * d;
                int first = Math.Max(0, t + 1 - (config.SlidingWindow ?? int.MaxValue));
                double[] scores = [.. Enumerable.Range(first, t + 1 - first)
                    .Select(s => Enumerable.Range(0, d).Sum(i => q[t][head * d + i] * k[s][kv + i]) / Math.Sqrt(d))];
                double max = scores.Max();
                double sum = scores.Sum(score => Math.Exp(score - max));
                for (int i = 0; i < d; i++)
                {
                    attended[t][head * d + i] = scores.Select((score, j) => Math.Exp(score - max) / sum * v[first + j][kv + i]).Sum();
                }
            }
        }

        return [.. attended.Select(row => Project(row, prefix + "o_proj.weight"))];
    }

    private double[] Mlp(double[] x, string prefix)
    {
        double[] gate = config.Layout == ProjectionLayout.Fused ? Project(x, prefix + "gate_up_proj.weight")[..config.MlpSize] : Project(x, prefix + "gate_proj.weight");
        double[] up = config.Layout == ProjectionLayout.Fused ? Project(x, prefix + "gate_up_proj.weight")[config.MlpSize..] : Project(x, prefix + "up_proj.weight");
        return Project([.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)], prefix + "down_proj.weight");
    }

    private double[] Part(double[] x, string prefix, string name, int fusedStart, int size)
    {
        if (config.Layout == ProjectionLayout.Fused)
        {
            return Project(x, prefix + "qkv_proj.weight")[fusedStart..(fusedStart + size)];
        }

        double[] y = Project(x, $"{prefix}{name}.weight");
        return config.QkvBias ? [.. y.Zip(Tensor($"{prefix}{name}.bias").ToArray(), (a, b) => a + b)] : y;
    }

    private void Rotate(double[] heads, int position, int length)
    {
        int half = config.Rope.RotarySize / 2;
        for (int head = 0; head < heads.Length; head += config.HeadSize)
        {
            for (int i = 0; i < half; i++)
            {
                (double frequency, double factor) = Frequency(i, length);
                (double sin, double cos) = Math.SinCos(position * frequency);
                (double a, double b) = (heads[head + i], heads[head + half + i]);
                heads[head + i] = (a * cos - b * sin) * factor;
                heads[head + half + i] = (b * cos + a * sin) * factor;
            }
        }
    }

    private (double Frequency, double Factor) Frequency(int i, int length)
    {
        double frequency = 1 / Math.Pow(config.Rope.Theta, 2.0 * i / config.Rope.RotarySize);
        switch (config.Rope.Scaling)
        {
            case LongRopeScaling s:
                return (frequency / (length > s.OriginalMaxPositions ? s.LongFactors : s.ShortFactors)[i], s.AttentionFactor);
            case LinearRopeScaling s:
                return (frequency / s.Factor, 1);
            case Llama3RopeScaling s:
                double turns = s.OriginalMaxPositions * frequency / (2 * Math.PI);
                double blend = Math.Clamp((turns - s.LowFrequencyFactor) / (s.HighFrequencyFactor - s.LowFrequencyFactor), 0, 1);
                return ((1 - blend) * frequency / s.Factor + blend * frequency, 1);
            default:
                return (frequency, 1);
        }
    }

    private double[] Norm(double[] x, string weight)
    {
        double scale = 1 / Math.Sqrt(x.Average(value => value * value) + config.RmsNormEpsilon);
        return [.. x.Zip(Tensor(weight).ToArray(), (value, w) => value * scale * w)];
    }

    private double[] Project(double[] x, string weight)
    {
        ReadOnlySpan<float> w = Tensor(weight);
        var y = new double[w.Length / x.Length];
        for (int n = 0; n < y.Length; n++)
        {
            for (int k = 0; k < x.Length; k++)
            {
                y[n] += x[k] * w[n * x.Length + k];
            }
        }

        return y;
    }

    private ReadOnlySpan<float> Tensor(string name) => MemoryMarshal.Cast<byte, float>(tensors[name].Data);

    private static double[] Row(ReadOnlySpan<float> table, int row, int width)
    {
        var values = new double[width];
        for (int i = 0; i < width; i++)
        {
            values[i] = table[row * width + i];
        }

        return values;
    }

    private static void Add(double[][] sums, double[][] terms)
    {
        for (int t = 0; t < sums.Length; t++)
        {
            for (int i = 0; i < sums[t].Length; i++)
            {
                sums[t][i] += terms[t][i];
            }
        }
    }
}
