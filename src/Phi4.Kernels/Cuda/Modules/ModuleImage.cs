// SPDX-License-Identifier: MIT
using System.Globalization;
using System.IO.Compression;

namespace Phi4.Kernels.Cuda.Modules;

/// <summary>A module's kernels for one kind of device.</summary>
/// <param name="Module">The module's name, such as <c>decode</c>.</param>
/// <param name="Architecture">As the compilers spell it: <c>compute_80</c> of PTX, <c>sm_90a</c> of a cubin.</param>
/// <param name="Kind">PTX or cubin.</param>
/// <param name="Open">The image, compressed by gzip.</param>
internal sealed record ModuleImage(string Module, string Architecture, ImageKind Kind, Func<Stream> Open)
{
    /// <summary>Ends with <c>a</c>: for devices of exactly this capability.</summary>
    public bool IsExact => Architecture.EndsWith('a');

    /// <summary>
    /// Its kernels wait for their predecessors by an instruction of their own (griddepcontrol), which the compilers leave out for older devices: they, and
    /// no others, may be started early.
    /// </summary>
    public bool WaitsByItself => Architecture.EndsWith("90a", StringComparison.Ordinal);

    /// <summary>It has the kernels that take Hopper's own instructions (products of warpgroups, tensor copies).</summary>
    public bool HasWarpgroups => WaitsByItself;

    /// <summary>The number in the architecture's name.</summary>
    public ComputeCapability Capability
    {
        get
        {
            string digits = Architecture[(Architecture.IndexOf('_', StringComparison.Ordinal) + 1)..].TrimEnd('a');
            return new ComputeCapability(int.Parse(digits[..^1], CultureInfo.InvariantCulture), digits[^1] - '0');
        }
    }

    /// <summary>Whether devices of a capability run it.</summary>
    public bool Serves(ComputeCapability capability) => Kind switch
    {
        ImageKind.Ptx => IsExact ? capability == Capability : capability >= Capability,
        _ => IsExact ? capability == Capability : capability.Major == Capability.Major && capability.Minor >= Capability.Minor,
    };

    /// <summary>The image itself.</summary>
    public byte[] Read()
    {
        using Stream compressed = Open();
        using var gzip = new GZipStream(compressed, CompressionMode.Decompress);
        using var image = new MemoryStream();
        gzip.CopyTo(image);
        return image.ToArray();
    }

    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()} of {Module} for {Architecture}";
}
