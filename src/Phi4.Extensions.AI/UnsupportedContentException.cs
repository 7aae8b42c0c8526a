// SPDX-License-Identifier: MIT
namespace Phi4.Extensions.AI;

/// <summary>A message holds what the model can't be shown: an image, a role that there is not, a result without its call. Nothing was computed.</summary>
public sealed class UnsupportedContentException : Phi4Exception
{
    /// <summary>An error that names the content, where it stands and what is allowed.</summary>
    /// <param name="content">What was found: a type or a role.</param>
    /// <param name="messageIndex">Index of the message, from 0.</param>
    /// <param name="reason">What is allowed instead.</param>
    public UnsupportedContentException(string content, int messageIndex, string reason)
        : base(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"messages[{messageIndex}]: {content}: {reason}"))
    {
        Content = content;
        MessageIndex = messageIndex;
    }

    /// <summary>What was found: a type or a role.</summary>
    public string Content { get; }

    /// <summary>Index of the message, from 0.</summary>
    public int MessageIndex { get; }
}
