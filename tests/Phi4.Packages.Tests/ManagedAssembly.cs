// SPDX-License-Identifier: MIT
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Phi4.Packages.Tests;

/// <summary>What an assembly inside a package says about itself.</summary>
internal sealed class ManagedAssembly
{
    private ManagedAssembly(PEReader image)
    {
        MetadataReader reader = image.GetMetadataReader();
        IsReproducible = image.ReadDebugDirectory().Any(entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        DebugDirectoryEntry code = image.ReadDebugDirectory().SingleOrDefault(entry => entry.Type == DebugDirectoryEntryType.CodeView);
        SymbolId = code.DataSize == 0 ? null : new BlobContentId(image.ReadCodeViewDebugDirectoryData(code).Guid, code.Stamp);
        Facts = reader.GetAssemblyDefinition().GetCustomAttributes().Select(reader.GetCustomAttribute)
            .Where(attribute => NameOf(reader, attribute) == "AssemblyMetadataAttribute")
            .Select(attribute => Pair(reader.GetBlobReader(attribute.Value))).ToDictionary(pair => pair.Key, pair => pair.Value);
    }

    /// <summary>Made by a deterministic compilation.</summary>
    public bool IsReproducible { get; }

    /// <summary>Which symbols belong to it.</summary>
    public BlobContentId? SymbolId { get; }

    /// <summary>Its AssemblyMetadata attributes.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; }

    /// <summary>Null if the file is no managed assembly.</summary>
    public static ManagedAssembly? TryRead(ZipArchiveEntry entry)
    {
        using var image = new PEReader(Copy(entry));
        return image.HasMetadata ? new ManagedAssembly(image) : null;
    }

    /// <summary>Which assembly a file of portable symbols belongs to.</summary>
    public static BlobContentId SymbolsOf(ZipArchiveEntry entry)
    {
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(Copy(entry));
        return new BlobContentId(symbols.GetMetadataReader().DebugMetadataHeader!.Id);
    }

    private static MemoryStream Copy(ZipArchiveEntry entry)
    {
        var copy = new MemoryStream();
        using Stream content = entry.Open();
        content.CopyTo(copy);
        copy.Position = 0;
        return copy;
    }

    private static string NameOf(MetadataReader reader, CustomAttribute attribute) =>
        attribute.Constructor.Kind == HandleKind.MemberReference
        && reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } type
            ? reader.GetString(reader.GetTypeReference((TypeReferenceHandle)type).Name)
            : "";

    private static KeyValuePair<string, string> Pair(BlobReader value)
    {
        value.ReadUInt16(); // the prolog of every attribute
        return new(value.ReadSerializedString()!, value.ReadSerializedString() ?? "");
    }
}
