// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.InteropServices;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Quantization;

/// <summary>
/// What a text told about the inputs of a model's matrices, by their names. The file of it, a safetensors of one F32 vector a matrix, keeps the mean squares only.
/// </summary>
internal sealed class Calibration
{
    /// <summary>The usual name of the file.</summary>
    public const string FileName = "importance.safetensors";

    private const string Format = "phi4-importance";
    private const string Version = "1";

    private readonly IReadOnlyDictionary<string, InputStatistics> _byName;
    private readonly string _origin;

    /// <param name="byName">The inputs of each matrix.</param>
    /// <param name="origin">A file or a word for it, for messages.</param>
    public Calibration(IReadOnlyDictionary<string, InputStatistics> byName, string origin)
    {
        _byName = byName;
        _origin = origin;
    }

    /// <exception cref="ModelFormatException">The file is no such file.</exception>
    public static Calibration Read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault("format") != Format || file.Metadata.GetValueOrDefault("version") != Version)
        {
            string found = $"{file.Metadata.GetValueOrDefault("format") ?? "none"} {file.Metadata.GetValueOrDefault("version")}".TrimEnd();
            throw new ModelFormatException(path, "format", $"{Format} {Version}", found);
        }

        return new Calibration(file.Tensors.ToDictionary(tensor => tensor.Name, tensor => new InputStatistics(Values(file, tensor), null), StringComparer.Ordinal), path);
    }

    public InputStatistics? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What is missing or of another size, for the matrices that are to be quantized.</summary>
    public IEnumerable<ModelFormatProblem> Problems(IEnumerable<KeptTensor> tensors) =>
        from tensor in tensors
        let found = Find(tensor.Spec.Name)
        where found?.MeanSquares.Length != tensor.Source.Columns
        select new ModelFormatProblem(
            _origin, tensor.Spec.Name, FormattableString.Invariant($"{tensor.Source.Columns} mean squares"),
            found is null ? "none" : FormattableString.Invariant($"{found.MeanSquares.Length}"));

    /// <summary>Writes the mean squares.</summary>
    /// <param name="path">A new file.</param>
    /// <param name="tokenCount">Tokens of the text.</param>
    public void Write(string path, int tokenCount)
    {
        string[] names = [.. _byName.Keys.Order(StringComparer.Ordinal)];
        Dictionary<string, string> metadata = new() { ["format"] = Format, ["version"] = Version, ["tokens"] = tokenCount.ToString(CultureInfo.InvariantCulture) };
        using SafetensorsWriter writer = SafetensorsWriter.Create(
            path, [.. names.Select(name => (name, DType.F32, (IReadOnlyList<long>)[_byName[name].MeanSquares.Length]))], metadata);
        foreach (string name in names)
        {
            writer.Write(name, MemoryMarshal.AsBytes<float>(_byName[name].MeanSquares));
        }

        writer.Complete();
    }

    private static float[] Values(SafetensorsFile file, TensorInfo tensor)
    {
        if (tensor.DType != DType.F32 || tensor.Shape.Count != 1)
        {
            throw new ModelFormatException(file.Path, tensor.Name, "a vector of F32", tensor.Signature);
        }

        float[] values = MemoryMarshal.Cast<byte, float>(file.Bytes(tensor)).ToArray();
        int bad = Array.FindIndex(values, value => !(value >= 0 && float.IsFinite(value)));
        return bad < 0 ? values : throw new ModelFormatException(
            file.Path, $"{tensor.Name}[{bad}]", "a mean square: finite and not negative", values[bad].ToString(CultureInfo.InvariantCulture));
    }
}
