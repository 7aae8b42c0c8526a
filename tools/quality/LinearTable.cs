// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;

namespace Phi4.Quality;

/// <summary>
/// Each format on matrices of several kinds of made-up weights: mean square of the error of a linear layer's output over that of its output. Inputs are
/// taken as independent with mean 0, so that both are sums over columns of the inputs' mean squares times squared weights.
/// </summary>
internal static class LinearTable
{
    public static async Task PrintAsync(Arguments arguments, string scratch)
    {
        string folder = Path.Combine(scratch, "linears");
        MadeUpCheckpoint.Write(folder);
        ModelConfig config = ModelConfigReader.Read(Path.Combine(folder, ModelConfigReader.FileName));
        using IWeightSource exact = WeightSources.Open(config, folder);
        Console.WriteLine($"Matrices of {MadeUpCheckpoint.Hidden} and {MadeUpCheckpoint.Mlp} inputs; relative rms error of outputs in percent, for even inputs / for inputs with outlier channels\n");
        Console.WriteLine($"| layers in | bits a weight | {string.Join(" | ", MadeUpCheckpoint.Kinds)} |");
        Console.WriteLine($"|---|---|{string.Concat(MadeUpCheckpoint.Kinds.Select(_ => "---|"))}");
        await foreach (Format format in Formats.MakeAsync(folder, arguments.LlamaQuantize, calibrationText: null, scratch))
        {
            using IWeightSource stored = format.Open();
            IEnumerable<string> cells = Enumerable.Range(0, MadeUpCheckpoint.Kinds.Count)
                .Select(layer => $"{100 * Error(exact, stored, layer, isEven: true):F3} / {100 * Error(exact, stored, layer, isEven: false):F3}");
            Console.WriteLine($"| {format.Name} | {LayerMatrices.Bits(stored):F2} | {string.Join(" | ", cells)} |");
        }
    }

    /// <summary>Over all matrices of a layer.</summary>
    private static double Error(IWeightSource exact, IWeightSource stored, int layer, bool isEven)
    {
        (double lost, double all) = (0, 0);
        foreach (SourceTensor tensor in exact.Tensors.Where(LayerMatrices.Contains).Where(tensor => tensor.Name.Contains($".layers.{layer}.", StringComparison.Ordinal)))
        {
            double[] power = InputPower(tensor.Columns, isEven);
            float[] values = Read(exact, tensor);
            float[] rounded = Read(stored, stored.Find(tensor.Name)!);
            for (int i = 0; i < values.Length; i++)
            {
                double difference = (double)rounded[i] - values[i];
                lost += power[i % tensor.Columns] * difference * difference;
                all += power[i % tensor.Columns] * values[i] * values[i];
            }
        }

        return Math.Sqrt(lost / all);
    }

    /// <summary>Mean squares of the inputs: 1, or spread by a factor e (one standard deviation) with every two-hundredth channel 20 times as large.</summary>
    private static double[] InputPower(int columns, bool isEven)
    {
        var random = new Random(columns);
        return [.. Enumerable.Range(0, columns).Select(_ => isEven ? 1 : Math.Exp(2 * MadeUpCheckpoint.Normal(random)) * (random.Next(200) == 0 ? 400 : 1))];
    }

    private static float[] Read(IWeightSource source, SourceTensor tensor)
    {
        float[] values = new float[tensor.Rows * tensor.Columns];
        source.ReadRows(tensor, 0, tensor.Rows, values);
        return values;
    }
}
