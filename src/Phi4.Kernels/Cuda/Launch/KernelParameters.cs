// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cuda.Launch;

/// <summary>How the numbers of an operand are kept, as the kernels say it (kernels/formats.cuh).</summary>
internal enum NumberType
{
    F32 = 0,
    BF16 = 1,
    F16 = 2,
}

/// <summary>How the cache keeps keys and values, as the kernels say it (kernels/rope_and_append.cuh).</summary>
internal enum CacheType
{
    BF16 = 0,
    F32 = 1,
    I8 = 2,
}

/// <summary>In which order the numbers of a rounded row are kept, as the kernels say it (kernels/rows.cuh).</summary>
internal enum RowOrder
{
    AsItIs = 0,

    /// <summary>As the products of a step of 32 inputs take them.</summary>
    OfProducts = 1,
}

/// <summary>kernels/rows.cuh: embed.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmbedParameters
{
    public nint Destination;
    public long DestinationStride;
    public nint Table;
    public long TableStride;
    public nint Ids;
    public NumberType TableType;
    public int Columns;
}

/// <summary>kernels/rows.cuh: gather_rows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GatherRowsParameters
{
    public nint Destination;
    public long DestinationStride;
    public nint Source;
    public long SourceStride;
    public nint Rows;
    public int Columns;
    public int Reserved;
}

/// <summary>kernels/rows.cuh: round_rows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RoundRowsParameters
{
    public nint Destination;
    public long DestinationStride;
    public nint Source;
    public long SourceStride;
    public int Columns;
    public RowOrder Order;
}

/// <summary>kernels/rms_norm.cuh: rms_norm, norm_rows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RmsNormParameters
{
    public nint Destination;
    public long DestinationStride;
    public nint Source;
    public long SourceStride;
    public nint Weight;
    public NumberType WeightType;
    public int Columns;
    public float Epsilon;
    public RowOrder Order;
}

/// <summary>kernels/argmax.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ArgmaxParameters
{
    public nint Destination;
    public nint Logits;
    public long LogitsStride;
    public int Columns;
    public int Reserved;
}

/// <summary>kernels/sample.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SampleParameters
{
    public nint Destination;
    public nint Logits;
    public long LogitsStride;
    public nint Plan;
    public int Columns;
    public int Reserved;
}

/// <summary>kernels/linear.cuh: every linear kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinearParameters
{
    public nint Destination;
    public long DestinationStride;
    public nint Source;
    public long SourceStride;
    public nint Weight;
    public long WeightStride;

    /// <summary>The second matrix of SwiGLU, or 0.</summary>
    public nint Up;
    public long UpStride;
    public nint Bias;
    public NumberType BiasType;
    public int AddResidual;
    public int Tokens;
    public int Features;
    public int Columns;
    public NumberType NormType;

    /// <summary>The weight of the norm that the normed kernels apply to the source first.</summary>
    public nint Norm;
    public float Epsilon;
    public int Reserved;
}

/// <summary>kernels/linear_wgmma.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinearWarpgroupsParameters
{
    public LinearParameters Linear;
    public nint WeightMap;

    /// <summary>Of the second matrix of SwiGLU, or 0.</summary>
    public nint UpMap;
    public nint SourceMap;
}

/// <summary>kernels/linear_blocks.cuh: every linear kernel over int8 and int4.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinearBlocksParameters
{
    public nint Destination;
    public long DestinationStride;
    public nint Source;
    public long SourceStride;
    public nint Blocks;

    /// <summary>The second matrix of SwiGLU, or 0.</summary>
    public nint UpBlocks;
    public nint Bias;
    public NumberType BiasType;
    public int AddResidual;
    public int Tokens;
    public int Features;
    public int Columns;
    public int HasOffsets;

    /// <summary>Int4: what the codes stand for, in BF16: the lower bytes.</summary>
    public Vector128<byte> TableLow;

    /// <summary>And the upper bytes.</summary>
    public Vector128<byte> TableHigh;

    /// <summary>The weight of the norm that the normed kernels apply to the source first.</summary>
    public nint Norm;
    public NumberType NormType;
    public float Epsilon;
}

/// <summary>kernels/rope_and_append.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RopeAndAppendParameters
{
    public nint Query;
    public long QueryStride;
    public nint Key;
    public long KeyStride;
    public nint Value;
    public long ValueStride;
    public nint Table;
    public long TableStride;
    public nint Cache;
    public nint RopeRows;
    public nint Slots;
    public int QueryHeads;
    public int KvHeads;
    public int HeadSize;
    public int RotarySize;
    public int PageSize;
    public CacheType CacheType;
}

/// <summary>kernels/linear_rope.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinearRopeParameters
{
    public LinearParameters Linear;
    public RopeAndAppendParameters Rope;
}

/// <summary>kernels/attention_tiles.cuh: every attention kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AttentionParameters
{
    public nint Destination;
    public long DestinationStride;
    public nint Query;
    public long QueryStride;
    public nint Cache;
    public nint PageTables;
    public long PageTableStride;
    public nint Positions;
    public nint SequenceOfToken;
    public nint Tiles;
    public nint Partial;
    public int TileCount;
    public int UnitCount;
    public int QueryHeads;
    public int KvHeads;
    public int HeadSize;
    public int PageSize;
    public int Window;
    public float Scale;
    public int PartRows;
    public int Reserved;
}
