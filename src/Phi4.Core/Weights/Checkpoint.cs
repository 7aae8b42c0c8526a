// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights;

/// <summary>
/// The tensors of a model's folder: <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> names. A layer may straddle shards.
/// </summary>
internal sealed class Checkpoint : IDisposable
{
    public const string SingleFileName = "model.safetensors";
    public const string IndexFileName = "model.safetensors.index.json";

    private readonly Dictionary<string, (SafetensorsFile File, TensorInfo Tensor)> _tensors = new(StringComparer.Ordinal);
    private readonly List<SafetensorsFile> _files = [];

    private Checkpoint(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>In the order of the data, file by file.</summary>
    public IEnumerable<TensorInfo> Tensors => _files.SelectMany(file => file.Tensors);

    public IReadOnlyList<SafetensorsFile> Files => _files;

    public int TensorCount => _tensors.Count;

    public long ByteCount => _tensors.Values.Sum(entry => entry.Tensor.ByteCount);

    /// <summary>A folder holds weights in a form that <see cref="Open"/> reads.</summary>
    public static bool IsPresent(string folder) =>
        File.Exists(Path.Combine(folder, SingleFileName)) || File.Exists(Path.Combine(folder, IndexFileName));

    /// <exception cref="ModelFormatException">No weights, a missing shard, or files that break the format or contradict the index.</exception>
    public static Checkpoint Open(string folder, CancellationToken cancellationToken = default)
    {
        Checkpoint checkpoint = new(folder);
        try
        {
            string single = Path.Combine(folder, SingleFileName);
            string index = Path.Combine(folder, IndexFileName);
            if (File.Exists(single))
            {
                checkpoint.Add(SafetensorsFile.Open(single));
            }
            else if (File.Exists(index))
            {
                checkpoint.OpenShards(index, cancellationToken);
            }
            else
            {
                throw new ModelFormatException(folder, null, $"{SingleFileName} or {IndexFileName}", "neither");
            }

            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public TensorInfo? Find(string name) => _tensors.TryGetValue(name, out var entry) ? entry.Tensor : null;

    /// <summary>The file that holds a tensor which <see cref="Find"/> found.</summary>
    public SafetensorsFile FileOf(string name) => _tensors[name].File;

    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
        {
            file.Dispose();
        }
    }

    private void OpenShards(string index, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, string> shardOf = ShardIndex.Read(index);
        foreach (string shard in shardOf.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(SafetensorsFile.Open(Path.Combine(Folder, shard)));
        }

        List<ModelFormatProblem> problems = [];
        foreach ((string name, string shard) in shardOf)
        {
            string? found = _tensors.TryGetValue(name, out var entry) ? Path.GetFileName(entry.File.Path) : null;
            if (found != shard)
            {
                problems.Add(new(index, name, $"the tensor in {shard}", found is null ? "it in no shard" : $"it in {found}"));
            }
        }

        foreach ((string name, (SafetensorsFile file, _)) in _tensors)
        {
            if (!shardOf.ContainsKey(name))
            {
                problems.Add(new(file.Path, name, $"only tensors that {IndexFileName} names", "one that it does not"));
            }
        }

        if (problems.Count > 0)
        {
            throw new ModelFormatException(problems);
        }
    }

    private void Add(SafetensorsFile file)
    {
        _files.Add(file);
        foreach (TensorInfo tensor in file.Tensors)
        {
            if (!_tensors.TryAdd(tensor.Name, (file, tensor)))
            {
                throw new ModelFormatException(file.Path, tensor.Name, "each tensor in one shard", $"a duplicate of the one in {_tensors[tensor.Name].File.Path}");
            }
        }
    }
}
