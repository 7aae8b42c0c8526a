// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Launch;

namespace Phi4.Kernels.Cuda;

/// <content>What touches the cache.</content>
internal sealed partial class CudaKernels
{
    private const int AttentionBlock = 128;
    private const int TilesPerBlock = AttentionBlock / 32;
    private const int IntegersPerTile = 4;
    private const int CombineSlices = 16;
    private const int ExactSharedBytes = 2048;

    // Rows of a block of linear_rope.
    private const int RopeGranularity = 16;

    private int[] _tiles = [];
    private int _tileCount;
    private (long Version, int Tokens, int Group, int TileRows) _tilesOf;

    public void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        KernelShapes.RopeAndAppend(query, key, value, ropeTable, cache, batch with { RopeRows = _twins.OnHost(batch.RopeRows), Slots = _twins.OnHost(batch.Slots) });
        RequireKnown(cache);
        Launch(_kernels.RopeAndAppend, query, RowBlock, 0, Rope(query, key, value, ropeTable, cache, batch));
    }

    public void NormLinearRopeAndAppend(
        in Projection projected, TensorView source, in RowNorm norm, WeightView weight, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        TensorView all = projected.All;
        bool isOne = projected.Query.Address == all.Address && projected.Query.RowStride == all.RowStride
            && projected.Query.Columns + projected.Key.Columns + projected.Value.Columns == all.Columns;
        if (!isOne || all.Count == 0 || !weight.IsFloat || cache.DType == DType.I8 || cache.HeadSize % RopeGranularity != 0 || ropeTable.Columns % RopeGranularity != 0
            || norm.Weight.Address % RowAlignment != 0
            || LinearPlan.Of(source, weight.Values, TensorView.None, _roundsActivations, _device.MultiprocessorCount, _usesWarpgroups) is not { CanNormItself: true } plan)
        {
            NormLinear(all, source, norm, weight, TensorView.None);
            RopeAndAppend(projected.Query, projected.Key, projected.Value, ropeTable, cache, batch);
            return;
        }

        KernelShapes.RmsNorm(norm.Room, source, norm.Weight);
        KernelShapes.Linear(all, norm.Room, weight, TensorView.None);
        KernelShapes.RopeAndAppend(
            projected.Query, projected.Key, projected.Value, ropeTable, cache, batch with { RopeRows = _twins.OnHost(batch.RopeRows), Slots = _twins.OnHost(batch.Slots) });
        RequireKnown(cache);
        _context.MakeCurrent();
        LaunchShape shape = plan.Shape with { GridX = all.Columns / RopeGranularity, SharedBytes = plan.Shape.SharedBytes + LinearPlan.NormSharedBytes };
        Launch(_kernels.LinearRope(TypeOf(weight.Values)), shape, new LinearRopeParameters
        {
            Linear = LinearOf(all, source, new Operand(source.Address, source.RowStride, norm), weight.Values, TensorView.None, TensorView.None, LinearEpilogue.None),
            Rope = Rope(projected.Query, projected.Key, projected.Value, ropeTable, cache, batch),
        });
    }

    private static RopeAndAppendParameters Rope(
        TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
        => new()
        {
            Query = query.Address,
            QueryStride = query.RowStride,
            Key = key.Address,
            KeyStride = key.RowStride,
            Value = value.Address,
            ValueStride = value.RowStride,
            Table = ropeTable.Address,
            TableStride = ropeTable.RowStride,
            Cache = cache.Address,
            RopeRows = batch.RopeRows.Address,
            Slots = batch.Slots.Address,
            QueryHeads = query.Columns / cache.HeadSize,
            KvHeads = cache.KvHeadCount,
            HeadSize = cache.HeadSize,
            RotarySize = ropeTable.Columns,
            PageSize = cache.PageSize,
            CacheType = cache.DType switch { DType.F32 => CacheType.F32, DType.I8 => CacheType.I8, _ => CacheType.BF16 },
        };

    public void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window)
    {
        TensorView sequences = _twins.OnHost(batch.SequenceOfToken);
        BatchView onHost = batch with { Positions = _twins.OnHost(batch.Positions), SequenceOfToken = sequences, PageTables = _twins.OnHost(batch.PageTables) };
        KernelShapes.Attention(destination, query, cache, onHost, window);
        RequireKnown(cache);
        if (query.Count == 0)
        {
            return;
        }

        _context.MakeCurrent();
        int queryHeads = query.Columns / cache.HeadSize;
        int group = queryHeads / cache.KvHeadCount;
        AttentionParameters call = new()
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Query = query.Address,
            QueryStride = query.RowStride,
            Cache = cache.Address,
            PageTables = batch.PageTables.Address,
            PageTableStride = batch.PageTables.RowStride,
            Positions = batch.Positions.Address,
            SequenceOfToken = batch.SequenceOfToken.Address,
            QueryHeads = queryHeads,
            KvHeads = cache.KvHeadCount,
            HeadSize = cache.HeadSize,
            PageSize = cache.PageSize,
            Window = window,
            Scale = scale,
        };
        if (cache.DType == DType.F32)
        {
            Launch(_kernels.AttentionExact, new LaunchShape(batch.TokenCount, queryHeads, 1, AttentionBlock, ExactSharedBytes), call);
            return;
        }

        bool isOfSingles = IsOfSingles(batch);
        if (_usesWarpgroups && !isOfSingles && AttentionPlan.IsForWarpgroups(CountTiles(sequences, group, AttentionPlan.WarpgroupsTileRows), cache, _device.MultiprocessorCount))
        {
            call.Tiles = TilesFor(sequences, group, AttentionPlan.WarpgroupsTileRows);
            call.TileCount = _tileCount;
            Launch(
                _kernels.AttentionWarpgroups,
                new LaunchShape(_tileCount, cache.KvHeadCount, 1, AttentionPlan.WarpgroupsBlock, AttentionPlan.WarpgroupsSharedBytes), call);
            return;
        }

        (call.Tiles, int tileCount) = isOfSingles ? SingleTilesFor(batch.TokenCount, group) : (TilesFor(sequences, group, AttentionPlan.TileRows), _tileCount);
        AttentionPlan plan = AttentionPlan.Of(tileCount, isOfSingles ? 1 : batch.TokenCount, group, cache, batch.LongestLength, window, _device.MultiprocessorCount);
        call.Partial = plan.IsWhole ? 0 : _partial.Reserve(plan.PartialBytes);
        call.TileCount = plan.TileCount;
        call.UnitCount = plan.UnitCount;
        call.PartRows = plan.PartRows;
        if (plan.IsWhole)
        {
            int blocks = (plan.TileCount + TilesPerBlock - 1) / TilesPerBlock;
            Launch(_kernels.AttentionWhole(cache), new LaunchShape(blocks, cache.KvHeadCount, 1, AttentionBlock), call);
            return;
        }

        int unitBlocks = (plan.UnitCount + TilesPerBlock - 1) / TilesPerBlock;
        Launch(_kernels.AttentionUnits(cache), new LaunchShape(unitBlocks, cache.KvHeadCount, plan.TileCount, AttentionBlock), call);
        Launch(_kernels.AttentionCombine, new LaunchShape(plan.TileCount, cache.KvHeadCount, CombineSlices, AttentionBlock), call);
    }

    private static void RequireKnown(in KvLayerView cache)
    {
        if (cache.DType is not (DType.BF16 or DType.F32 or DType.I8) || cache.HeadSize > KernelTable.HeadSizes[^1])
        {
            throw new NotSupportedException(
                $"The CUDA backend's cache is BF16, F32 or I8 with heads of at most {KernelTable.HeadSizes[^1]}; this one is {cache.DType} with heads of {cache.HeadSize}.");
        }
    }

    /// <summary>
    /// The batch's rows in tiles, on the device: a sequence's rows, one for each query head of a group of each of its tokens, are cut into sixteens or more. All layers of a
    /// step share them.
    /// </summary>
    private unsafe nint TilesFor(TensorView sequences, int group, int tileRows)
    {
        int tokens = sequences.Columns;
        if (_tilesOf == (_twins.Version, tokens, group, tileRows))
        {
            return _tileMemory.Reserve(0);
        }

        ReadOnlySpan<int> sequenceOf = new((void*)sequences.Address, tokens);
        int most = AttentionPlan.TilesOf(tokens, group, tileRows) + tokens;
        if (_tiles.Length < most * IntegersPerTile)
        {
            _tiles = new int[most * IntegersPerTile];
        }

        _tileCount = 0;
        for (int first = 0; first < tokens;)
        {
            int end = EndOfRun(sequenceOf, first);
            int rows = (end - first) * group;
            for (int row = 0; row < rows; row += tileRows)
            {
                Span<int> tile = _tiles.AsSpan(_tileCount++ * IntegersPerTile, IntegersPerTile);
                (tile[0], tile[1], tile[2], tile[3]) = (first, row, Math.Min(tileRows, rows - row), 0);
            }

            first = end;
        }

        nint memory = _tileMemory.Reserve((long)most * IntegersPerTile * sizeof(int));
        _staging.Write(memory, MemoryMarshal.AsBytes(_tiles.AsSpan(0, _tileCount * IntegersPerTile)));
        _tilesOf = (_twins.Version, tokens, group, tileRows);
        return memory;
    }

    private static unsafe int CountTiles(TensorView sequences, int group, int tileRows)
    {
        ReadOnlySpan<int> sequenceOf = new((void*)sequences.Address, sequences.Columns);
        int count = 0;
        for (int first = 0, end; first < sequenceOf.Length; first = end)
        {
            end = EndOfRun(sequenceOf, first);
            count += AttentionPlan.TilesOf(end - first, group, tileRows);
        }

        return count;
    }

    // Behind the last token of the sequence that one belongs to.
    private static int EndOfRun(ReadOnlySpan<int> sequenceOf, int first)
    {
        int count = sequenceOf[first..].IndexOfAnyExcept(sequenceOf[first]);
        return count < 0 ? sequenceOf.Length : first + count;
    }
}
