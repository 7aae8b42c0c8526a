// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// Where a model's tensors come from, whatever the file format: the tensors of <see cref="CheckpointLayout"/> under their Hugging Face names, by rows.
/// Everything about names, sizes and bounds is checked when a source is opened. Reading is safe from several threads at once, until disposal.
/// </summary>
internal interface IWeightSource : IDisposable
{
    /// <summary>Folder or file, for messages.</summary>
    string Path { get; }

    /// <summary>In the order of the data, so that reading them in turn reads the disk in turn.</summary>
    IReadOnlyList<SourceTensor> Tensors { get; }

    /// <summary>The tensor of that name, or null.</summary>
    SourceTensor? Find(string name);

    /// <summary>
    /// The matrix where it lies, in the layout of the kernels and valid until disposal, or none (<see cref="WeightView.IsNone"/>) if it has to be read.
    /// A vector is a matrix of one row.
    /// </summary>
    WeightView Map(SourceTensor tensor);

    /// <summary>Values of rows [start, start + count), exactly what the stored ones are worth, rounded once where F32 can't say it.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="start">First row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="destination">[count, columns], nothing between rows.</param>
    void ReadRows(SourceTensor tensor, int start, int count, Span<float> destination);

    /// <summary>
    /// Blocks of rows [start, start + count) in <see cref="BlockLayout"/>, worth what the stored ones are: exactly, or as nearly as docs/formats.md says
    /// of their format. Only for tensors with <see cref="SourceTensor.Blocks"/>.
    /// </summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="start">First row, a multiple of <see cref="BlockLayout.TileRows"/>.</param>
    /// <param name="count">Rows; a whole number of tiles unless they are the last.</param>
    /// <param name="tiles">The tiles; all of it is written.</param>
    void ReadBlocks(SourceTensor tensor, int start, int count, Span<byte> tiles);

    /// <summary>A tensor will be read next; a hint, and nothing where a source can do nothing about it.</summary>
    void WillNeed(SourceTensor tensor)
    {
    }

    /// <summary>A tensor has been read and converted: its pages need not count as this process's memory any longer. A hint, as above.</summary>
    void Release(SourceTensor tensor)
    {
    }
}

/// <summary>A tensor that a source can give.</summary>
/// <param name="Name">Its Hugging Face name, whatever the file calls it.</param>
/// <param name="Shape">Output features and input features, or the size of a vector.</param>
/// <param name="Stored">How the file keeps it, for people: <c>BF16</c>, <c>Q4_K</c>.</param>
/// <param name="File">The file that holds it.</param>
/// <param name="ByteCount">Bytes that it takes there, scales included.</param>
internal sealed record SourceTensor(string Name, IReadOnlyList<long> Shape, string Stored, string File, long ByteCount)
{
    /// <summary>What <see cref="IWeightSource.ReadBlocks"/> gives, or null where only values can be had.</summary>
    public BlockFormat? Blocks { get; init; }

    /// <summary>The element type of plain floats, null for anything else.</summary>
    public DType? Floats { get; init; }

    /// <summary>False for what is only listed so that messages can name it: <see cref="IWeightSource.ReadRows"/> refuses it.</summary>
    public bool IsReadable { get; init; } = true;

    /// <summary><see cref="IWeightSource.Map"/> gives it where it lies.</summary>
    public bool IsMapped { get; init; }

    /// <summary>What it is in memory if nothing else is asked for, for people.</summary>
    public string Becomes { get; init; } = Stored;

    /// <summary>Rows of the matrix; a vector has one.</summary>
    public int Rows => Shape.Count == 1 ? 1 : checked((int)Shape[0]);

    /// <summary>Columns of the matrix, or the size of a vector.</summary>
    public int Columns => checked((int)Shape[^1]);

    /// <summary>Kind and shape as people write them.</summary>
    public string Signature => $"{Stored} [{string.Join(", ", Shape)}]";
}

/// <summary>A kind of quantized matrix in <see cref="BlockLayout"/>.</summary>
/// <param name="Format">Int8 or Int4.</param>
/// <param name="HasOffsets">Int4: there is an offset beside each scale.</param>
/// <param name="Table">Int4: what the codes stand for.</param>
internal readonly record struct BlockFormat(WeightFormat Format, bool HasOffsets = false, Vector128<sbyte> Table = default)
{
    /// <summary>Bits a weight, scales and offsets counted.</summary>
    public double BitsPerWeight => (Format == WeightFormat.Int8 ? 8 : 4) + (16.0 / BlockLayout.BlockSize * (HasOffsets ? 2 : 1));

    /// <summary>The kind in words, with where the codes come from.</summary>
    public string Describe(bool keepsCodes) =>
        $"{(Format == WeightFormat.Int8 ? "int8" : "int4")}{(HasOffsets ? " with offsets" : "")}, {(keepsCodes ? "codes kept" : "new codes")}";

    /// <summary>Where codes, scales and offsets lie.</summary>
    public BlockLayout Layout => new(Format, HasOffsets);

    /// <summary>The matrix whose blocks begin at an address.</summary>
    public WeightView View(int rows, int columns, nint blocks) =>
        Format == WeightFormat.Int8 ? WeightView.Int8(rows, columns, blocks) : WeightView.Int4(rows, columns, blocks, HasOffsets, Table);
}
