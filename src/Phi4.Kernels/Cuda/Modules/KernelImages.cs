// SPDX-License-Identifier: MIT
using System.Reflection;

namespace Phi4.Kernels.Cuda.Modules;

/// <summary>The compiled kernels that a build carries.</summary>
/// <param name="SourceHash">Of the kernels' sources; other sources, other hash.</param>
/// <param name="Images">Every module for every kind of device.</param>
internal sealed record KernelImages(string SourceHash, IReadOnlyList<ModuleImage> Images)
{
    private const string Prefix = "Phi4.Kernels.Cuda.";
    private const string HashResource = Prefix + "kernels.hash";

    private static readonly Lazy<KernelImages?> FromThisBuild = new(() => FromResources(typeof(KernelImages).Assembly));

    /// <summary>Those of this build; null if it was made without a compiler for them.</summary>
    public static KernelImages? Embedded => FromThisBuild.Value;

    /// <summary>What a build without them says.</summary>
    public static string WhyNone => "this build has no CUDA kernels: neither clang++ (19 or newer) nor nvcc was there when it was made";

    /// <summary>The images of a module that devices of a capability run, the best first: cubins, then PTX for exactly this capability, then PTX for older ones.</summary>
    public IEnumerable<ModuleImage> For(string module, ComputeCapability capability) =>
        from image in Images
        where image.Module == module && image.Serves(capability)
        orderby image.Kind descending, image.IsExact descending, image.Capability descending
        select image;

    private static KernelImages? FromResources(Assembly assembly)
    {
        using Stream? hash = assembly.GetManifestResourceStream(HashResource);
        if (hash is null)
        {
            return null;
        }

        using var reader = new StreamReader(hash);
        ModuleImage[] images = [.. assembly.GetManifestResourceNames().Select(name => Parse(assembly, name)).OfType<ModuleImage>()];
        return images.Length == 0 ? null : new KernelImages(reader.ReadToEnd().Trim(), images);
    }

    private static ModuleImage? Parse(Assembly assembly, string resource) =>
        resource.StartsWith(Prefix, StringComparison.Ordinal) && resource[Prefix.Length..].Split('.') is [string module, string architecture, ("ptx" or "cubin") and var kind, "gz"]
            ? new ModuleImage(module, architecture, kind == "ptx" ? ImageKind.Ptx : ImageKind.Cubin, () => assembly.GetManifestResourceStream(resource)!)
            : null;
}
