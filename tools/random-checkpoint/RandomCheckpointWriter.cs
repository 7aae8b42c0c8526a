// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.RandomCheckpoint;

/// <summary>Writes a checkpoint in pieces, several at a time, each straight to its place in its file.</summary>
internal static class RandomCheckpointWriter
{
    // Memory is this times the number of cores; larger pieces gain nothing.
    private const int PieceBytes = 4 << 20;
    private const long SpareDiskBytes = 64 << 20;

    /// <exception cref="IOException">The folder holds weights already, or the disk is too small.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the files begun are deleted.</exception>
    public static void Write(CheckpointSpec spec, IProgress<(long Done, long Total)>? progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(spec.Folder);
        CheckFolder(spec);
        List<string> written = [];
        try
        {
            TensorStreams streams = new(spec.Config);
            long done = 0;
            foreach (Shard shard in spec.Shards)
            {
                string path = Path.Combine(spec.Folder, shard.FileName);
                written.Add(path);
                done = WriteShard(spec, shard, path, streams, done, progress, cancellationToken);
            }

            WriteTexts(spec, written);
        }
        catch
        {
            written.ForEach(File.Delete);
            throw;
        }
    }

    private static void CheckFolder(CheckpointSpec spec)
    {
        if (Directory.EnumerateFiles(spec.Folder, "*.safetensors").FirstOrDefault() is { } found)
        {
            throw new IOException($"{found} is there already; choose an empty folder.");
        }

        string config = Path.Combine(spec.Folder, ModelConfigReader.FileName);
        if (File.Exists(config) && !File.ReadAllBytes(config).AsSpan().SequenceEqual(spec.ConfigJson))
        {
            throw new IOException($"{config} describes another model; choose an empty folder.");
        }

        long free = new DriveInfo(Path.GetFullPath(spec.Folder)).AvailableFreeSpace;
        if (free < spec.ByteCount + SpareDiskBytes)
        {
            throw new IOException($"{spec.ByteCount:N0} bytes are to be written, and {free:N0} are free at {spec.Folder}.");
        }
    }

    private static long WriteShard(
        CheckpointSpec spec, Shard shard, string path, TensorStreams streams, long doneBefore, IProgress<(long Done, long Total)>? progress,
        CancellationToken cancellationToken)
    {
        byte[] header = SafetensorsWriter.Header(
            [.. shard.Tensors.Select(tensor => (tensor.Name, shard.DType, tensor.Shape))], new Dictionary<string, string> { ["format"] = "pt" });
        using SafeFileHandle handle = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, preallocationSize: header.Length + shard.ByteCount);
        RandomAccess.Write(handle, header, 0);
        long done = doneBefore;
        ParallelOptions options = new() { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.ForEach(Partitioner.Create(Pieces(shard, streams, header.Length), EnumerablePartitionerOptions.NoBuffering), options, WritePiece);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return done;

        void WritePiece(Piece piece)
        {
            int byteCount = piece.Count * shard.DType.SizeInBytes();
            byte[] buffer = ArrayPool<byte>.Shared.Rent(byteCount);
            Span<byte> bytes = buffer.AsSpan(0, byteCount);
            Fill(bytes, piece, spec.Seed, shard.DType);
            RandomAccess.Write(handle, bytes, piece.FileOffset);
            ArrayPool<byte>.Shared.Return(buffer);
            progress?.Report((Interlocked.Add(ref done, byteCount), spec.ByteCount));
        }
    }

    private static IEnumerable<Piece> Pieces(Shard shard, TensorStreams streams, long fileOffset)
    {
        int elementBytes = shard.DType.SizeInBytes();
        int pieceCount = PieceBytes / elementBytes;
        foreach (TensorPart part in shard.Tensors.SelectMany(streams.Of))
        {
            for (long start = 0; start < part.Count; start += pieceCount)
            {
                int count = (int)Math.Min(pieceCount, part.Count - start);
                yield return new Piece(part.Stream, start, count, fileOffset);
                fileOffset += (long)count * elementBytes;
            }
        }
    }

    private static void Fill(Span<byte> bytes, Piece piece, ulong seed, DType dtype)
    {
        if (piece.Stream is not null)
        {
            new RandomValues(seed, piece.Stream).Fill(bytes, dtype, piece.Start);
            return;
        }

        switch (dtype)
        {
            case DType.F32:
                MemoryMarshal.Cast<byte, float>(bytes).Fill(1);
                break;
            case DType.F16:
                MemoryMarshal.Cast<byte, Half>(bytes).Fill(Half.One);
                break;
            default:
                MemoryMarshal.Cast<byte, ushort>(bytes).Fill((ushort)(BitConverter.SingleToUInt32Bits(1) >> 16));
                break;
        }
    }

    private static void WriteTexts(CheckpointSpec spec, List<string> written)
    {
        void write(string name, byte[] text)
        {
            string path = Path.Combine(spec.Folder, name);
            written.Add(path);
            File.WriteAllBytes(path, text);
        }

        if (spec.Shards.Count > 1)
        {
            write(Checkpoint.IndexFileName, Index(spec));
        }

        if (spec.GenerationJson is not null)
        {
            write(GenerationConfigReader.FileName, spec.GenerationJson);
        }

        write(ModelConfigReader.FileName, spec.ConfigJson);
    }

    private static byte[] Index(CheckpointSpec spec)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", spec.ByteCount);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach ((string name, string file) in spec.Shards
                .SelectMany(shard => shard.Tensors.Select(tensor => (tensor.Name, shard.FileName))).OrderBy(entry => entry.Name, StringComparer.Ordinal))
            {
                json.WriteString(name, file);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, .. Encoding.ASCII.GetBytes("\n")];
    }

    /// <summary>Part of a tensor: values [Start, Start + Count) of a stream, and where in the file they go.</summary>
    private readonly record struct Piece(string? Stream, long Start, int Count, long FileOffset);
}
