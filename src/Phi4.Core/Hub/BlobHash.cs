// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Phi4.Core.Hub;

/// <summary>The hash by which a hub names a file, made as the bytes come: SHA-256 of large files, for others the SHA-1 of git, over a heading with the size and the bytes.</summary>
internal sealed class BlobHash : IDisposable
{
    private const int Sha256Digits = 64;
    private const int GitDigits = 40;

    private readonly IncrementalHash _hash;

    public BlobHash(HubFile file)
    {
        bool isGit = file.Hash.Length == GitDigits;
        Name = isGit ? "git sha1" : "sha256";
        _hash = IncrementalHash.CreateHash(isGit ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (isGit)
        {
            _hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Bytes}\0")));
        }
    }

    /// <summary>What kind of hash it is.</summary>
    public string Name { get; }

    public static bool IsHash(string text) => text.Length is Sha256Digits or GitDigits && text.All(char.IsAsciiHexDigitLower);

    public void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>Takes in so many bytes of a stream, from where it stands.</summary>
    public async Task AppendAsync(Stream stream, long count, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 20];
        while (count > 0)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw new EndOfStreamException(FormattableString.Invariant($"{count} bytes are missing at the end."));
            }

            Append(buffer.AsSpan(0, read));
            count -= read;
        }
    }

    /// <summary>The hash of everything so far, in lower case.</summary>
    public string Current() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public void Dispose() => _hash.Dispose();
}
