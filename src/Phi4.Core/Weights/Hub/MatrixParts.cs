// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>Finds the parts of one matrix, checks types and shapes, and keeps count of what was used.</summary>
internal sealed class MatrixParts
{
    public static readonly DType[] Floats = [DType.F16, DType.BF16, DType.F32];
    public static readonly DType[] Words = [DType.I32, DType.U32];

    private readonly Checkpoint _files;
    private readonly string _module;
    private readonly List<TensorInfo> _used = [];
    private readonly List<ModelFormatProblem> _problems = [];

    public MatrixParts(Checkpoint files, TensorSpec matrix)
    {
        _files = files;
        _module = PackedNames.Module(matrix.Name);
        Matrix = matrix;
        Rows = checked((int)matrix.Shape[0]);
        Columns = checked((int)matrix.Shape[1]);
    }

    public TensorSpec Matrix { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Every part that was asked for and is there.</summary>
    public IReadOnlyList<TensorInfo> Used => _used;

    /// <summary>What is wrong so far.</summary>
    public IReadOnlyList<ModelFormatProblem> Problems => _problems;

    /// <summary>The file of the first part, or the folder.</summary>
    public string File => _used.Count > 0 ? _used[0].File : _files.Folder;

    public long ByteCount => _used.Sum(tensor => tensor.ByteCount);

    public bool Has(string part) => _files.Find(_module + part) is not null;

    /// <summary>The element type of a part, null where there is none.</summary>
    public DType? TypeOf(string part) => _files.Find(_module + part)?.DType;

    /// <summary>Bytes of a part, null where there is none.</summary>
    public long? SizeOf(string part) => _files.Find(_module + part)?.ByteCount;

    /// <summary>A part that must be there.</summary>
    /// <returns>Null, and a problem, where it isn't, or has another type or shape.</returns>
    public Part? Require(string part, ReadOnlySpan<DType> types, params ReadOnlySpan<long[]> shapes)
    {
        string expected = $"{string.Join(" or ", types.ToArray().Select(DTypes.ToSafetensorsName))} [{string.Join("] or [", shapes.ToArray().Select(shape => string.Join(", ", shape)))}]";
        if (_files.Find(_module + part) is not { } tensor)
        {
            Refuse(part, expected, "no such tensor");
            return null;
        }

        _used.Add(tensor);
        bool hasShape = false;
        foreach (long[] shape in shapes)
        {
            hasShape |= tensor.Shape.SequenceEqual(shape);
        }

        if (!types.Contains(tensor.DType) || !hasShape)
        {
            Refuse(part, expected, tensor.Signature);
            return null;
        }

        if (tensor.ByteCount > Array.MaxLength)
        {
            Refuse(part, "fewer than 2^31 bytes", $"{tensor.ByteCount}");
            return null;
        }

        return new Part(_files.FileOf(tensor.Name), tensor);
    }

    /// <summary>A part that may be there.</summary>
    public Part? Optional(string part, ReadOnlySpan<DType> types, params ReadOnlySpan<long[]> shapes) => Has(part) ? Require(part, types, shapes) : null;

    public void Refuse(string part, string expected, string found) =>
        _problems.Add(new(_files.Find(_module + part)?.File ?? _files.Folder, _module + part, expected, found));
}
